using System.Text.Json;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>
/// What the disk and the memory of the host hold of each instance: a directory with its logs, and the state that a later platform takes it up by. The state lies on a
/// tmpfs: it is worthless after a restart of the host, and a rename on a disk waits for its journal, milliseconds in the middle of a wake. Writes are
/// atomic: a reader sees the old or the new state.
/// </summary>
internal sealed class InstanceStore(DataPaths data)
{
    public string LogsOf(InstanceId id) => Path.Combine(data.Instances, id.Value, "logs");

    public void Write(InstanceState state)
    {
        Directory.CreateDirectory(Path.Combine(data.Instances, state.Id));
        var path = data.StateOf(state.Id);
        var writing = path + ".new";
        File.WriteAllBytes(writing, JsonSerializer.SerializeToUtf8Bytes(state, InstanceStateJson.Default.InstanceState));
        File.Move(writing, path, overwrite: true);
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

    /// <summary>All that can be read. A directory without a readable state (the disk was full, the host was restarted) belongs to no instance: the sweeper removes it.</summary>
    public IReadOnlyList<InstanceState> ReadAll()
    {
        List<InstanceState> states = [];
        foreach (var directory in Directory.EnumerateDirectories(data.Instances))
        {
            try
            {
                var bytes = File.ReadAllBytes(data.StateOf(Path.GetFileName(directory)));
                if (JsonSerializer.Deserialize(bytes, InstanceStateJson.Default.InstanceState) is { } state)
                {
                    states.Add(state);
                }
            }
            catch (Exception error) when (error is JsonException or FileNotFoundException)
            {
                File.Delete(data.StateOf(Path.GetFileName(directory)));
                Directory.Delete(directory, recursive: true);
            }
        }

        return states;
    }
}
