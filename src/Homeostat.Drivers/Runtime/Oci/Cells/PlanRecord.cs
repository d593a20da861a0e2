using System.Text.Json;
using System.Text.Json.Serialization;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>What a cell was made with, in <c>cells/&lt;cell&gt;/plan.json</c>: so that one that was folded up can be set up again as it was.</summary>
internal sealed record PlanRecord(IReadOnlyList<LayerRecord> Layers, bool HostUsr, IReadOnlyList<MountSpec> Mounts, long MemoryBytes)
{
    public const string FileName = "plan.json";

    public static void Write(CellPaths paths, CellPlan plan)
    {
        var record = new PlanRecord([.. plan.Lowers.Select(LayerRecord.Of)], plan.HostUsr, plan.Mounts, plan.MemoryBytes);
        File.WriteAllBytes(Path.Combine(paths.Directory, FileName), JsonSerializer.SerializeToUtf8Bytes(record, PlanRecordJson.Default.PlanRecord));
    }

    /// <summary>Paths of the layers it was made on, whatever became of them; empty where there is no plan.</summary>
    public static IReadOnlyList<string> LayersOf(CellPaths paths)
    {
        try
        {
            return [.. ReadRecord(paths).Layers.Select(layer => layer.Path)];
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            return [];
        }
    }

    /// <exception cref="IOException">There is none, or a layer is not the directory any more that it was: files of the program would change below it.</exception>
    public static CellPlan Read(CellPaths paths)
    {
        try
        {
            var record = ReadRecord(paths);
            return record.Layers.FirstOrDefault(layer => LayerRecord.Of(layer.Path) != layer) is { } changed
                ? throw new IOException($"{changed.Path}, which its files lie on, was replaced since")
                : new CellPlan([.. record.Layers.Select(layer => layer.Path)], record.HostUsr, record.Mounts, record.MemoryBytes);
        }
        catch (JsonException error)
        {
            throw new IOException($"the plan of its cell can't be read: {error.Message}", error);
        }
    }

    private static PlanRecord ReadRecord(CellPaths paths) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(paths.Directory, FileName)), PlanRecordJson.Default.PlanRecord)!;
}

/// <param name="MadeAt">When the directory was made, in UTC; another one of the same name was made at another time. A rename keeps it.</param>
internal sealed record LayerRecord(string Path, DateTime MadeAt)
{
    public static LayerRecord Of(string path) => new(path, Directory.GetCreationTimeUtc(path));
}

[JsonSerializable(typeof(PlanRecord))]
internal sealed partial class PlanRecordJson : JsonSerializerContext;
