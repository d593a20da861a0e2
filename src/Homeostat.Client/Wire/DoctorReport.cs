namespace Homeostat.Client.Wire;

/// <summary>What this host can do, what is missing and how to mend it.</summary>
/// <param name="Platform">False: no platform runs here; only the host was looked at.</param>
public sealed record DoctorReport(bool Platform, IReadOnlyList<DoctorCheck> Checks);

/// <param name="State"><c>ok</c>; <c>reduced</c>: works with less; <c>failed</c>: does not work.</param>
/// <param name="Found">What was found, a clause.</param>
/// <param name="Remedy">What to do; null when nothing is to be done.</param>
public sealed record DoctorCheck(string Name, string State, string Found, string? Remedy);
