using Homeostat.Client.Wire;
using Homeostat.Server.Api;

namespace Homeostat.Server.Doctor;

/// <summary>Looks at a running platform and its host.</summary>
internal static class PlatformDoctor
{
    public static async Task<DoctorReport> ExamineAsync(ApiParts parts, CancellationToken cancel)
    {
        var checks = new List<DoctorCheck>(await HostDoctor.ExamineAsync(parts.Options, cancel));
        var known = parts.Board.Views().SelectMany(s => s.Instances).Select(i => i.View.Id).ToHashSet();
        var strangers = (await parts.Driver.ListAsync(cancel)).Where(i => !known.Contains(i.Id)).Select(i => i.Id.Value).ToList();
        checks.Add(strangers.Count == 0
            ? new DoctorCheck("instances", "ok", $"all {known.Count} belong to a service", null)
            : new DoctorCheck("instances", "failed", $"{string.Join(", ", strangers)} belong to no service", "They are ended within a minute; if not, restart the platform."));
        return new DoctorReport(true, checks);
    }
}
