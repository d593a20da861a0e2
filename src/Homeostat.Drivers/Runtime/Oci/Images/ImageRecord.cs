using System.Text.Json.Serialization;

namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>What is known of an image, kept in it as <c>image.json</c>: written last, so its presence says that the image is complete.</summary>
/// <param name="Owner">Instance id of a sleep image, revision id of a template.</param>
/// <param name="Stopped">The program was dumped stopped and must be continued after a restore.</param>
/// <param name="Files">Each file by name: a difference means that the image was damaged.</param>
/// <param name="CreatedAt">For people and for the oldest-first removal.</param>
internal sealed record ImageRecord(
    ImageKind Kind,
    string Owner,
    ImageStamp Stamp,
    bool Stopped,
    IReadOnlyDictionary<string, ImageFile> Files,
    DateTimeOffset CreatedAt)
{
    [JsonIgnore]
    public long Bytes => Files.Values.Sum(file => file.Bytes);
}

/// <summary>A file of an image when it was complete. Both survive the renames and hard links by which images get to their cells.</summary>
/// <param name="WrittenAt">Time of the last write, in UTC: to 100 ns, of what the file system keeps (a tmpfs: the kernel's tick).</param>
internal sealed record ImageFile(long Bytes, DateTime WrittenAt);

[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImageRecord))]
internal sealed partial class ImageJson : JsonSerializerContext;
