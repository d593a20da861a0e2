using System.Text.Json;
using System.Text.Json.Serialization;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>What was found out about a revision's template, in <c>templates/&lt;revision&gt;/template.json</c>, so that a new platform keeps it.</summary>
/// <param name="Boot">The kernel's boot it was made in.</param>
/// <param name="ClonesAllowed">It is kept and may be cloned; else its image is gone: it only proved that dumps work.</param>
/// <param name="Reason">Why clones are not allowed, or why there is no template.</param>
/// <param name="Stopped">The program was dumped stopped and must be continued.</param>
/// <param name="Lasting">
/// A refusal that comes from what the program and the host are, like something criu can't dump. Any other (it did not start, a full disk, a hook) may be over
/// by now, and a new platform tries again.
/// </param>
/// <param name="Upper">Name of the directory beside it with what the template wrote: a layer of its clones' roots. Null: there is none.</param>
internal sealed record TemplateRecord(
    string Boot, TemplateState State, bool ClonesAllowed, Failure? Reason, IReadOnlyList<string> Findings, bool Stopped, ReachState? Reach, bool Lasting = false, string? Upper = null)
{
    public const string FileName = "template.json";

    /// <summary>A platform that finds it begins with it.</summary>
    /// <param name="boot">The kernel's boot of now.</param>
    public bool IsKept(string boot) => Boot == boot && (State != TemplateState.Refused || Lasting);

    public static TemplateRecord? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), TemplateRecordJson.Default.TemplateRecord);
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            // None yet, or cut off by a full disk: the template is made again.
            return null;
        }
    }

    public static void Remove(string directory)
    {
        try
        {
            File.Delete(Path.Combine(directory, FileName));
        }
        catch (DirectoryNotFoundException)
        {
            // There never was a template.
        }
    }

    public void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, FileName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, TemplateRecordJson.Default.TemplateRecord));
        File.Move(path + ".new", path, overwrite: true);
    }
}

[JsonSerializable(typeof(TemplateRecord))]
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
internal sealed partial class TemplateRecordJson : JsonSerializerContext;
