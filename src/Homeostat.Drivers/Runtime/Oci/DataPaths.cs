using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>Where the driver keeps things in the platform's data directory; the layout is described in docs/architecture/runtime.md.</summary>
internal sealed record DataPaths(string Data)
{
    public string Runtime => Path.Combine(Data, "runtime");

    public string Cells => Path.Combine(Runtime, "cells");

    public string Instances => Path.Combine(Runtime, "instances");

    /// <summary>Logs of instances that are gone.</summary>
    public string KeptLogs => Path.Combine(Runtime, "logs");

    public string Templates => Path.Combine(Runtime, "templates");

    /// <summary>In memory and outside the data directory for root, who has images there.</summary>
    /// <remarks>Another user has none; and what such a user has in /run/user or /dev/shm is removed at logout, under containers that go on.</remarks>
    public string Volatile { get; } = UserNamespace.IsHostRoot ? VolatileDirectory.PathOf(PlatformName.Of(Data).Tag) : Path.Combine(Data, "runtime", "volatile");

    /// <summary>Images in memory.</summary>
    public string MemoryImages => Path.Combine(Volatile, "images");

    /// <summary>Images that do not fit in memory.</summary>
    public string Images => Path.Combine(Runtime, "images");

    /// <summary>State of the OCI runtime (crun --root).</summary>
    public string RuntimeState => Path.Combine(Runtime, "oci");

    /// <summary>States of the instances, while a platform runs.</summary>
    public string States => Path.Combine(Volatile, "instances");

    /// <summary>State of an instance that sleeps while no platform runs.</summary>
    public string KeptStateOf(string instance) => Path.Combine(Instances, instance, "state.json");

    public string StateOf(string instance) => Path.Combine(States, instance + ".json");

    /// <summary>criu's cache of the kernel's features, on a tmpfs: valid for one run of the kernel, read by each restore.</summary>
    public string CriuRun => Path.Combine(Volatile, "criu");

    /// <summary>Lower layers of <c>host: true</c>, about 5 MB each: one that each run of the platform makes, and those that sleeping instances of earlier runs lie on.</summary>
    public string HostRoots => Path.Combine(Runtime, "host-roots");

    /// <summary>The host's setting of 64 KiB pages before the platform changed it: in memory, as the setting is.</summary>
    public string PageSize => Path.Combine(Volatile, "page-size");

    public string Network => Path.Combine(Runtime, "network.json");

    /// <summary>The script for <c>clones: auto</c> of Node.js, bound into every cell.</summary>
    public string NodeScript => Path.Combine(Volatile, "node.cjs");

    public string TemplateOf(RevisionId revision) => Path.Combine(Templates, revision.ToString());


    public CellPaths Cell(string id) => new(Path.Combine(Cells, id));

    public void Make()
    {
        VolatileDirectory.Make(Volatile);
        foreach (var path in (string[])[Runtime, Cells, Instances, Images, Templates, RuntimeState, States, CriuRun])
        {
            System.IO.Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.WriteAllText(NodeScript, NodePreload.Script);
    }
}
