namespace Homeostat.Server.Hosting;

/// <summary>What a stop of the platform left for the next start.</summary>
/// <param name="Running">Instances with processes of their program: the time was up before they could sleep or end.</param>
/// <param name="Asleep">Instances that sleep as images.</param>
public sealed record StopReport(int Running, int Asleep);
