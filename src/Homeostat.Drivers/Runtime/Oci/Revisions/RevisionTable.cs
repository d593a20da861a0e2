using System.Collections.Concurrent;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Roots;

namespace Homeostat.Drivers.Runtime.Oci.Revisions;

/// <summary>The prepared revisions.</summary>
internal sealed class RevisionTable(OciContext context) : IAsyncDisposable
{
    /// <summary>For cells that are being taken down off the request path, some tens of milliseconds each.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<RevisionId, OciRevision> _revisions = new();
    private readonly Lock _hostRootLock = new();
    private string? _hostRoot;
    private volatile bool _closed;

    public OciRevision? Find(RevisionId id) => _revisions.GetValueOrDefault(id);

    /// <summary>Checks what can be checked without starting it, and begins to fill its pool.</summary>
    public Failure? Prepare(Revision revision)
    {
        if (_revisions.ContainsKey(revision.Id))
        {
            return null;
        }

        var spec = revision.Spec;
        if (spec.Root is RootSource.Directory { Path: var rootfs } && !Directory.Exists(rootfs))
        {
            return new Failure(FailureKind.NotSupported, $"the rootfs directory {rootfs} does not exist", "create it, or correct rootfs");
        }

        var lower = LowerOf(spec.Root);
        if (MountCheck.Check(spec.Mounts, lower, context.Data.Data) is { } mount)
        {
            return mount;
        }

        var plan = new CellPlan([lower], spec.Root is RootSource.Host, spec.Mounts, spec.Resources.MemoryBaseBytes);
        var made = new OciRevision(revision, context, plan);
        if (_revisions.TryAdd(revision.Id, made))
        {
            if (_closed)
            {
                // Whoever closes may have gone past it: nothing is begun that nobody would end.
                return new Failure(FailureKind.Cancelled, "the platform is stopping");
            }

            context.Folios.Raise();
            made.Begin();
        }

        return null;
    }

    public async Task ForgetAsync(RevisionId id)
    {
        if (_revisions.TryRemove(id, out var forgotten))
        {
            await forgotten.ForgetAsync();
        }

        if (_revisions.Keys.All(other => other.Service != id.Service))
        {
            context.KeptLogs.Forget(id.Service);
        }

        await RestAsync();
    }

    /// <summary>
    /// The last revision gives back what all shared: without services the host is as it was. Cells are taken down off the request path, so this waits
    /// until the last of them has given its address back; what takes longer is given back when the platform ends.
    /// </summary>
    private async Task RestAsync()
    {
        if (!_revisions.IsEmpty || !context.Instances.IsEmpty)
        {
            return;
        }

        try
        {
            await context.Network.Addresses.NoneTakenAsync().WaitAsync(RestLimit, context.Time);
        }
        catch (TimeoutException)
        {
            return;
        }

        if (_revisions.IsEmpty && context.Instances.IsEmpty && await context.Network.LowerAsync(anyway: false, CancellationToken.None))
        {
            await context.Cells.RemoveGroupsAsync(context.Time);
            context.Folios.Lower();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        foreach (var id in _revisions.Keys)
        {
            if (_revisions.TryRemove(id, out var revision))
            {
                await revision.DisposeAsync();
            }
        }
    }

    private string LowerOf(RootSource root)
    {
        if (root is RootSource.Directory { Path: var rootfs })
        {
            return rootfs;
        }

        lock (_hostRootLock)
        {
            return _hostRoot ??= HostRoots.Make(context.Data);
        }
    }
}
