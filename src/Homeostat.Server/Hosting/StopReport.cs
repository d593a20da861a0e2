namespace Homeostat.Server.Hosting;

/// <summary>What a stop of the platform left for the next start.</summary>
/// <param name="Data">Where it is.</param>
/// <param name="Running">Instances with processes of their program: the time was up before they could sleep or end.</param>
/// <param name="Asleep">Instances that sleep as images.</param>
/// <param name="Said">What could not be done as meant, a sentence each.</param>
public sealed record StopReport(string Data, int Running, int Asleep, IReadOnlyList<string> Said);
