using System.Text.Json;

namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>
/// Sleep and template images. A dump is written into a draft; when it is complete its record is written and the draft renamed to its final
/// name, so that a half-written image is never seen. Safe for concurrent use by callers that do not share an owner.
/// </summary>
/// <remarks>
/// <code>
/// ROOT/new.KIND.OWNER     a draft           ROOT/sleep.INSTANCE     a sleep image, until a wake moves it away
/// ROOT/cells/CELL/image   being restored    ROOT/template.REVISION  a template
/// </code>
/// Nothing is flushed to disk: an image is worthless after the restart of the host that would lose it. Images hold keys and
/// generator states, so directories have mode 0700; the files in them are criu's, with 0600.
/// </remarks>
internal sealed class ImageStore
{
    private const string RecordName = "image.json";

    private readonly ImageStoreOptions _options;
    private readonly ImageStamp _stamp;
    private readonly TimeProvider _time;

    /// <param name="stamp">This host: see <see cref="ImageStamp.OfHost"/>.</param>
    public ImageStore(ImageStoreOptions options, ImageStamp stamp, TimeProvider time)
    {
        (_options, _stamp, _time) = (options, stamp, time);
        foreach (var root in options.Roots)
        {
            MakePrivate(root);
        }
    }

    /// <summary>Begins an image. <paramref name="expectedBytes"/>, usually the program's resident memory, decides between memory and disk.</summary>
    /// <returns>Null when neither has room: the failure is the caller's to tell.</returns>
    public ImageDraft? Begin(ImageKind kind, string owner, long expectedBytes)
    {
        var inMemory = _options.MemoryRoot is not null && BytesIn(_options.MemoryRoot) + expectedBytes <= _options.MemoryBytesMax;
        if (!inMemory && !MakeRoomOnDisk(expectedBytes))
        {
            return null;
        }

        var path = Path.Combine(inMemory ? _options.MemoryRoot! : _options.DiskRoot, $"new.{Name(kind, owner)}");
        ImageFiles.Remove(path);
        MakePrivate(path);
        return new ImageDraft(path, inMemory, kind, owner);
    }

    /// <summary>Turns a draft that criu has filled into the owner's image; an older one of the owner is replaced.</summary>
    public StoredImage Complete(ImageDraft draft, bool stopped)
    {
        var files = ImageFiles.List(draft.Path, RecordName);
        var record = new ImageRecord(draft.Kind, draft.Owner, _stamp, stopped, files, _time.GetUtcNow());
        File.WriteAllText(Path.Combine(draft.Path, RecordName), JsonSerializer.Serialize(record, ImageJson.Default.ImageRecord));
        Remove(draft.Kind, draft.Owner);
        var path = Path.Combine(Path.GetDirectoryName(draft.Path)!, Name(draft.Kind, draft.Owner));
        Directory.Move(draft.Path, path);
        return new StoredImage(path, draft.InMemory, record);
    }

    /// <summary>The owner's draft that lies in <paramref name="path"/>, which an earlier platform began; null: there is none.</summary>
    public ImageDraft? FindDraft(ImageKind kind, string owner, string path) =>
        _options.Roots.FirstOrDefault(root => path == Path.Combine(root, $"new.{Name(kind, owner)}")) is { } root && Directory.Exists(path)
            ? new ImageDraft(path, root == _options.MemoryRoot, kind, owner)
            : null;

    public static void Abandon(ImageDraft draft) => ImageFiles.Remove(draft.Path);

    /// <summary>The owner's image, if it is whole and of this host. One that is not is removed.</summary>
    public ImageLookup Find(ImageKind kind, string owner)
    {
        foreach (var root in _options.Roots)
        {
            var path = Path.Combine(root, Name(kind, owner));
            if (!Directory.Exists(path))
            {
                continue;
            }

            var record = ReadRecord(path);
            var why = record is null ? "its record is missing or damaged" : _stamp.Differs(record.Stamp) ?? ImageFiles.Damage(path, record.Files);
            if (why is null)
            {
                return new ImageLookup(new StoredImage(path, root == _options.MemoryRoot, record!), null);
            }

            ImageFiles.Remove(path);
            return new ImageLookup(null, $"the image cannot be used: {why}");
        }

        return new ImageLookup(null, "there is no image");
    }

    /// <summary>The image that lies in the slot of a cell, its restore begun; null: there is none, or its record is damaged.</summary>
    public StoredImage? FindPrepared(string cell) =>
        (from root in _options.Roots
         let path = SlotOf(root, cell)
         let record = ReadRecord(path)
         where record is not null
         select new StoredImage(path, root == _options.MemoryRoot, record)).FirstOrDefault();

    /// <summary>Where a prepared image lies: the keeper has moved it into the slot of its cell, which lies on the same root.</summary>
    public static StoredImage Prepared(StoredImage image, string cell) => image with { Path = SlotOf(Path.GetDirectoryName(image.Path)!, cell) };

    /// <summary>
    /// Why the image must not be restored; null while it is as it was made. criu trusts what it reads: a shortened file keeps it waiting, and
    /// overwritten pages end the program only once it runs.
    /// </summary>
    public static string? WhyNot(StoredImage image) => ImageFiles.Damage(image.Path, image.Record.Files);

    public void Remove(ImageKind kind, string owner)
    {
        foreach (var root in _options.Roots)
        {
            ImageFiles.Remove(Path.Combine(root, Name(kind, owner)));
        }
    }

    /// <summary>Reads an image on disk into the page cache, so that a wake does not wait for the disk. Cheap when it is there already.</summary>
    public static Task WarmAsync(StoredImage image, CancellationToken cancel) =>
        image.InMemory ? Task.CompletedTask : ImageFiles.ReadThroughAsync(image.Path, cancel);

    /// <summary>
    /// Removes what no living owner claims: images of others, drafts and slots that a killed platform left behind.
    /// Call it at start, when no dump or restore is under way.
    /// </summary>
    /// <param name="isClaimed">Whether the owner still exists.</param>
    /// <param name="livingCells">Ids of cells whose keeper still answers.</param>
    /// <returns>Bytes given back.</returns>
    public long Collect(Func<ImageKind, string, bool> isClaimed, IReadOnlySet<string> livingCells)
    {
        var freed = 0L;
        foreach (var path in _options.Roots.SelectMany(Directory.EnumerateDirectories).ToList())
        {
            var name = Path.GetFileName(path);
            if (name == "cells")
            {
                freed += CollectSlots(path, livingCells);
                continue;
            }

            var record = name.StartsWith("new.", StringComparison.Ordinal) ? null : ReadRecord(path);
            if (record is null || _stamp.Differs(record.Stamp) is not null || !isClaimed(record.Kind, record.Owner))
            {
                freed += ImageFiles.Remove(path);
            }
        }

        return freed;
    }

    /// <summary>
    /// Moves all images in memory to the disk, for the next platform. A template for which there is no room is removed: it can be made again.
    /// </summary>
    /// <param name="moving">Told of each image before it is copied.</param>
    /// <exception cref="IOException">There is no room for a sleep image. It, and those that had not been moved, are still in memory.</exception>
    public void MoveToDisk(Action<StoredImage> moving, CancellationToken cancel)
    {
        foreach (var image in ImagesIn(_options.MemoryRoot).OrderBy(image => image.Record.Kind).ThenByDescending(image => image.Record.CreatedAt).ToList())
        {
            moving(image);
            try
            {
                if (!(image.Record.Kind == ImageKind.Sleep ? MakeRoomOnDisk(image.Record.Bytes) : HasRoomOnDisk(image.Record.Bytes)))
                {
                    throw new IOException($"images on disk may have {_options.DiskBytesMax >> 20} MiB");
                }

                Move(image, _options.DiskRoot, cancel);
            }
            catch (IOException) when (image.Record.Kind == ImageKind.Template)
            {
                ImageFiles.Remove(image.Path);
            }
        }
    }

    /// <summary>
    /// Moves images on disk to memory while there is room: wakes are quicker from there. Of an image that is in both places a move was cut off, and the copy on
    /// disk is removed before anything can be restored from the other. Call it at start, before <see cref="Find"/>.
    /// </summary>
    public void MoveToMemory(CancellationToken cancel)
    {
        if (_options.MemoryRoot is not { } memory)
        {
            return;
        }

        foreach (var image in ImagesIn(_options.DiskRoot).OrderByDescending(image => image.Record.CreatedAt).ToList())
        {
            if (Directory.Exists(Path.Combine(memory, Path.GetFileName(image.Path))))
            {
                ImageFiles.Remove(image.Path);
            }
            else if (_stamp.Differs(image.Record.Stamp) is null && BytesIn(memory) + image.Record.Bytes <= _options.MemoryBytesMax)
            {
                Move(image, memory, cancel);
            }
        }
    }

    /// <summary>Bytes of all images now, in memory and on disk. Hard links of a template in use count once per link.</summary>
    public (long Memory, long Disk) Usage() => (_options.MemoryRoot is null ? 0 : BytesIn(_options.MemoryRoot), BytesIn(_options.DiskRoot));

    private static long CollectSlots(string cells, IReadOnlySet<string> living)
    {
        var freed = 0L;
        foreach (var slot in Directory.EnumerateDirectories(cells).Where(s => !living.Contains(Path.GetFileName(s))).ToList())
        {
            freed += ImageFiles.Remove(slot);
        }

        return freed;
    }

    private static long BytesIn(string root) => ImageFiles.BytesBelow(root);

    private static string Name(ImageKind kind, string owner) => $"{(kind == ImageKind.Sleep ? "sleep" : "template")}.{owner}";

    /// <summary>The copy gets the name of an image once it is complete; only then the other one goes.</summary>
    private static void Move(StoredImage image, string root, CancellationToken cancel)
    {
        var name = Path.GetFileName(image.Path);
        var draft = Path.Combine(root, $"new.{name}");
        try
        {
            ImageFiles.Remove(draft);
            MakePrivate(draft);
            ImageFiles.Copy(image.Path, draft, cancel);
            ImageFiles.Remove(Path.Combine(root, name));
            Directory.Move(draft, Path.Combine(root, name));
        }
        catch
        {
            ImageFiles.Remove(draft);
            throw;
        }

        ImageFiles.Remove(image.Path);
    }

    /// <summary>Complete ones; not those in the slots of cells.</summary>
    private IEnumerable<StoredImage> ImagesIn(string? root) =>
        from path in root is null ? [] : Directory.EnumerateDirectories(root)
        where !Path.GetFileName(path).StartsWith("new.", StringComparison.Ordinal)
        let record = ReadRecord(path)
        where record is not null
        select new StoredImage(path, root == _options.MemoryRoot, record);

    private static string SlotOf(string root, string cell) => Path.Combine(root, "cells", cell, "image");

    private static void MakePrivate(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private static ImageRecord? ReadRecord(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(path, RecordName)), ImageJson.Default.ImageRecord);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private bool HasRoomOnDisk(long bytes) => BytesIn(_options.DiskRoot) + bytes <= _options.DiskBytesMax;

    /// <summary>Templates can be made again, sleep images cannot: only templates give way, the oldest first.</summary>
    private bool MakeRoomOnDisk(long bytes)
    {
        if (HasRoomOnDisk(bytes))
        {
            return true;
        }

        var used = BytesIn(_options.DiskRoot);
        var templates = Directory.EnumerateDirectories(_options.DiskRoot, "template.*")
            .Select(p => (Path: p, Record: ReadRecord(p)))
            .OrderBy(t => t.Record?.CreatedAt ?? DateTimeOffset.MinValue)
            .ToList();
        foreach (var (path, _) in templates)
        {
            used -= ImageFiles.Remove(path);
            if (used + bytes <= _options.DiskBytesMax)
            {
                return true;
            }
        }

        return false;
    }
}
