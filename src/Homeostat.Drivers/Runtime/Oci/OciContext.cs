using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Logs;
using Homeostat.Drivers.Runtime.Oci.Networks;
using Homeostat.Drivers.Runtime.Turns;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>What the parts of one driver share.</summary>
/// <param name="Images">Null where criu does not work.</param>
internal sealed record OciContext(
    OciDriverOptions Options,
    PlatformName Name,
    DataPaths Data,
    CellTools Tools,
    DriverCapabilities Capabilities,
    PlatformNetwork Network,
    CellFactory Cells,
    ImageStore? Images,
    LargeFolios Folios,
    HintBoard Hints,
    TimeProvider Time)
{
    public TurnTable<OciInstance> Instances { get; } = new();

    public KeptLogs KeptLogs { get; } = new(Data.KeptLogs);

    public Background Background { get; } = new();

    public InstanceStore Store { get; } = new(Data);

    /// <summary>Images and cells belong to one run of the kernel.</summary>
    public string Boot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
