using Homeostat.Client.Wire;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Server.Hosting;

namespace Homeostat.Server.Doctor;

/// <summary>Looks at the host alone: works with and without a running platform.</summary>
public static class HostDoctor
{
    /// <summary>Below this a single process image may not fit.</summary>
    private const long DiskBytesMin = 1L << 30;

    public static async Task<IReadOnlyList<DoctorCheck>> ExamineAsync(PlatformOptions options, CancellationToken cancel)
    {
        var checks = options.Driver == DriverKind.Fake
            ? [new DoctorCheck("driver", "reduced", "fake: instances are imitated, no container runs", "Start with --driver oci.")]
            : (await HostProbe.CheckAsync(DriverOpener.OciOptions(options), cancel)).Select(Shown);
        return [.. checks, CheckDisk(options.Data)];
    }

    private static DoctorCheck Shown(HostCheck check) => new(
        check.Name,
        check.Outcome switch { CheckOutcome.Ok => "ok", CheckOutcome.Reduced => "reduced", _ => "failed" },
        check.What,
        check.Remedy);

    private static DoctorCheck CheckDisk(string data)
    {
        var folder = data;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var found = $"{free >> 20} MiB free for {data}";
        return free >= DiskBytesMin ? new DoctorCheck("disk", "ok", found, null) : new DoctorCheck("disk", "reduced", found, "Make room: process images need about the memory of their programs.");
    }
}
