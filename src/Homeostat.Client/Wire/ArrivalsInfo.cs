namespace Homeostat.Client.Wire;

/// <summary>Requests of a service in its recent past.</summary>
/// <param name="At">When this was said.</param>
/// <param name="Seconds">The last 7,200 seconds in which any came, oldest first.</param>
public sealed record ArrivalsInfo(string Service, DateTimeOffset At, IReadOnlyList<ArrivalSecond> Seconds);

/// <param name="At">Seconds since 1970 (UTC).</param>
public sealed record ArrivalSecond(long At, int Count);
