namespace Homeostat.Server.Hosting;

/// <summary>The platform cannot start or go on on this host as it is: what happened and what a person can do.</summary>
public sealed class PlatformException(string message, string remedy, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>A sentence: what to do.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Something else has what this platform needs (another platform on the data directory, a port in use).</summary>
    public bool Conflict { get; init; }
}
