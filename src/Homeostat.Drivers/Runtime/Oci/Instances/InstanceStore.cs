using System.Text.Json;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>
/// What the disk and the memory of the host hold of each instance: a directory with its logs, and the state that a later platform takes it up by. The state lies on a
/// tmpfs: it is worthless after a restart of the host, and a rename on a disk waits for its journal, milliseconds in the middle of a wake. A clean stop of the
/// platform, which leaves nothing in memory, puts it on the disk. Writes are atomic: a reader sees the old or the new state.
/// </summary>
internal sealed class InstanceStore(DataPaths data)
{
    public string LogsOf(InstanceId id) => Path.Combine(data.Instances, id.Value, "logs");

    public void Write(InstanceState state)
    {
        Directory.CreateDirectory(Path.Combine(data.Instances, state.Id));
        Write(state, data.StateOf(state.Id));
    }

    /// <summary>Puts the state on the disk: what is in memory is about to go.</summary>
    public void Keep(InstanceState state) => Write(state, data.KeptStateOf(state.Id));

    /// <summary>Takes a state that was kept back into memory.</summary>
    public void TakeUp(InstanceState state)
    {
        Write(state);
        File.Delete(data.KeptStateOf(state.Id));
    }

    public void Remove(InstanceId id)
    {
        File.Delete(data.StateOf(id.Value));
        var directory = Path.Combine(data.Instances, id.Value);
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>All that can be read.</summary>
    public IReadOnlyList<InstanceState> ReadAll() => [.. Ids().Select(Read).OfType<InstanceState>()];

    /// <summary>Removes what belongs to no instance: directories without a readable state (the disk was full, the host was restarted). Not while instances start.</summary>
    public void RemoveUnreadable()
    {
        foreach (var id in Ids().Where(id => Read(id) is null).ToList())
        {
            Remove(new InstanceId(id));
        }
    }

    private IEnumerable<string> Ids() => Directory.Exists(data.Instances) ? Directory.EnumerateDirectories(data.Instances).Select(path => Path.GetFileName(path)) : [];

    /// <summary>In memory it is newer.</summary>
    private InstanceState? Read(string id) => ReadFile(data.StateOf(id)) ?? ReadFile(data.KeptStateOf(id));

    private static InstanceState? ReadFile(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), InstanceStateJson.Default.InstanceState);
        }
        catch (Exception error) when (error is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void Write(InstanceState state, string path)
    {
        var writing = path + ".new";
        File.WriteAllBytes(writing, JsonSerializer.SerializeToUtf8Bytes(state, InstanceStateJson.Default.InstanceState));
        File.Move(writing, path, overwrite: true);
    }
}
