namespace Homeostat.Testing.Conformance;

/// <summary>The programs a runtime driver's suite needs; each driver's test class says which service file makes one.</summary>
public enum ConformanceProgram
{
    /// <summary>An HTTP server whose answers contain <c>count N</c>, N being the requests so far, and that logs a line per request.</summary>
    Serving,

    NotFound,

    /// <summary>Ends at once with code 3.</summary>
    ExitsAtOnce,

    /// <summary>Runs, but does not listen within its timeout of half a second.</summary>
    NeverListens,

    /// <summary>Listens, but its health path answers 500 until its timeout of some seconds.</summary>
    Unhealthy,
}
