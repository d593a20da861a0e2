using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Logs;

/// <summary>
/// Logs of the last instances of each service that failed or ended, in <c>logs/&lt;service&gt;/&lt;id&gt;</c>: a message that says to look at the logs is read
/// after the instance is gone. They go with the service.
/// </summary>
/// <param name="root">The directory <c>logs</c>; made when needed.</param>
internal sealed class KeptLogs(string root)
{
    /// <summary>Instances kept for a service.</summary>
    public const int KeptMax = 3;

    private readonly Lock _lock = new();

    /// <summary>Moves the logs of an instance here, if it wrote any, and removes the oldest of its service.</summary>
    public void Keep(ServiceName service, InstanceId id, string logs)
    {
        lock (_lock)
        {
            if (!Directory.Exists(logs) || !Directory.EnumerateFileSystemEntries(logs).Any())
            {
                return;
            }

            var kept = Path.Combine(root, service.Value, id.Value);
            if (Directory.Exists(kept))
            {
                Directory.Delete(kept, recursive: true);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            Directory.Move(logs, kept);
            foreach (var old in Ordered(service).SkipLast(KeptMax).ToList())
            {
                Directory.Delete(old, recursive: true);
            }
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<InstanceId> Of(ServiceName service)
    {
        lock (_lock)
        {
            return [.. Ordered(service).Select(directory => new InstanceId(Path.GetFileName(directory)))];
        }
    }

    /// <summary>Null when none are kept.</summary>
    public string? Find(InstanceId id)
    {
        lock (_lock)
        {
            return Directory.Exists(root)
                ? Directory.EnumerateDirectories(root).Select(service => Path.Combine(service, id.Value)).FirstOrDefault(Directory.Exists)
                : null;
        }
    }

    public void Forget(ServiceName service)
    {
        lock (_lock)
        {
            var kept = Path.Combine(root, service.Value);
            if (Directory.Exists(kept))
            {
                Directory.Delete(kept, recursive: true);
            }
        }
    }

    /// <summary>By the time of the last file that was made or rotated in it.</summary>
    private IEnumerable<string> Ordered(ServiceName service)
    {
        var kept = new DirectoryInfo(Path.Combine(root, service.Value));
        return kept.Exists
            ? kept.EnumerateDirectories().OrderBy(directory => directory.LastWriteTimeUtc).ThenBy(directory => directory.Name, StringComparer.Ordinal).Select(directory => directory.FullName)
            : [];
    }
}
