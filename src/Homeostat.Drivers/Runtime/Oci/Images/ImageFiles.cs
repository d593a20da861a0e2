namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>The files of image directories.</summary>
internal static class ImageFiles
{
    public static IReadOnlyDictionary<string, ImageFile> List(string directory, string except) =>
        new DirectoryInfo(directory).EnumerateFiles()
            .Where(f => f.Name != except)
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .ToDictionary(f => f.Name, f => new ImageFile(f.Length, f.LastWriteTimeUtc), StringComparer.Ordinal);

    /// <summary>What is wrong with the files; null when all are as they were. One stat(2) per file, nothing is read.</summary>
    public static string? Damage(string directory, IReadOnlyDictionary<string, ImageFile> expected)
    {
        foreach (var (name, made) in expected)
        {
            var file = new FileInfo(Path.Combine(directory, name));
            var difference = file switch
            {
                { Exists: false } => "is missing",
                _ when file.Length != made.Bytes => $"has {file.Length} instead of {made.Bytes} bytes",
                _ when file.LastWriteTimeUtc != made.WrittenAt => "was written to",
                _ => null,
            };
            if (difference is not null)
            {
                return $"the image was changed on disk since it was made: its file {name} {difference}";
            }
        }

        return null;
    }

    /// <summary>Copies the files of a directory that has no others below it, with their times, which belong to what is known of an image.</summary>
    public static void Copy(string from, string to, CancellationToken cancel)
    {
        foreach (var file in new DirectoryInfo(from).EnumerateFiles())
        {
            cancel.ThrowIfCancellationRequested();
            var copy = file.CopyTo(Path.Combine(to, file.Name));
            copy.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            copy.LastWriteTimeUtc = file.LastWriteTimeUtc;
        }
    }

    public static long BytesBelow(string directory) =>
        Directory.Exists(directory)
            ? new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(SizeOf)
            : 0;

    /// <summary>Removes a directory tree if it is there. Returns the bytes it had.</summary>
    public static long Remove(string directory)
    {
        try
        {
            var bytes = BytesBelow(directory);
            Directory.Delete(directory, recursive: true);
            return bytes;
        }
        catch (DirectoryNotFoundException)
        {
            return 0; // A wake has just moved it away, or it never was.
        }
    }

    public static async Task ReadThroughAsync(string directory, CancellationToken cancel)
    {
        var buffer = new byte[1 << 20];
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, useAsync: true);
            while (await file.ReadAsync(buffer, cancel) > 0)
            {
            }
        }
    }

    private static long SizeOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0; // Removed between the listing and now.
        }
    }
}
