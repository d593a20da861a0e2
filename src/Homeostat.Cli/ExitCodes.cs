namespace Homeostat.Cli;

/// <summary>What scripts may rely on.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Conflict = 4;
    public const int TimedOut = 5;

    /// <summary>Of an answer of the API: the only place that maps.</summary>
    public static int OfStatus(int status) => status switch
    {
        404 => NotFound,
        409 => Conflict,
        408 or 504 => TimedOut,
        _ => Failure,
    };
}
