using System.Text.Json;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>The directories of the instances: state.json, logs. Writes are atomic: a reader sees the old or the new state.</summary>
internal sealed class InstanceStore(DataPaths data)
{
    public string LogsOf(InstanceId id) => Path.Combine(data.Instances, id.Value, "logs");

    public void Write(InstanceState state)
    {
        var directory = Path.Combine(data.Instances, state.Id);
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "state.json");
        var writing = path + ".new";
        File.WriteAllBytes(writing, JsonSerializer.SerializeToUtf8Bytes(state, InstanceStateJson.Default.InstanceState));
        File.Move(writing, path, overwrite: true);
    }

    public void Remove(InstanceId id)
    {
        var directory = Path.Combine(data.Instances, id.Value);
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>All that can be read. A directory without a readable state (the disk was full) belongs to no instance: the sweeper removes it.</summary>
    public IReadOnlyList<InstanceState> ReadAll()
    {
        List<InstanceState> states = [];
        foreach (var directory in Directory.EnumerateDirectories(data.Instances))
        {
            try
            {
                var bytes = File.ReadAllBytes(Path.Combine(directory, "state.json"));
                if (JsonSerializer.Deserialize(bytes, InstanceStateJson.Default.InstanceState) is { } state)
                {
                    states.Add(state);
                }
            }
            catch (Exception error) when (error is JsonException or FileNotFoundException)
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        return states;
    }
}
