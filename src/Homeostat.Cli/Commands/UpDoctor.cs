using Homeostat.Client;
using Homeostat.Client.Wire;
using Homeostat.Server.Doctor;
using Homeostat.Server.Hosting;

namespace Homeostat.Cli.Commands;

/// <summary>What <c>doctor</c> does when there is no platform to ask: it looks at the host as <c>up</c> would.</summary>
internal static class UpDoctor
{
    public static async Task<DoctorReport> ExamineHostAsync(ServerAddress address, string? data, CancellationToken cancel)
    {
        var defaults = new PlatformOptions();
        var folder = data ?? (address.SocketPath is { } socket ? Path.GetDirectoryName(socket) : null) ?? defaults.Data;
        var options = defaults with { Data = Path.GetFullPath(folder) };
        await RootlessStart.TryEnterToLookAsync(options, cancel);
        var checks = await HostDoctor.ExamineAsync(options, cancel);
        return new DoctorReport(false, [.. checks, new DoctorCheck("platform", "ok", $"none answers at {address}; the host alone was checked", null)]);
    }
}
