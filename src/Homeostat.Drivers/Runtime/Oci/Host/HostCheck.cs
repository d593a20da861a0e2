namespace Homeostat.Drivers.Runtime.Oci.Host;

public enum CheckOutcome
{
    Ok,

    /// <summary>The platform runs with less.</summary>
    Reduced,

    /// <summary>Containers can't be run.</summary>
    Failed,
}

/// <summary>One line of <c>doctor</c>.</summary>
/// <param name="Name">What was looked at, one or two words.</param>
/// <param name="What">What was found; what is missing because of it.</param>
/// <param name="Remedy">What would mend it; null when all is well.</param>
public sealed record HostCheck(string Name, CheckOutcome Outcome, string What, string? Remedy = null);
