namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>Finds the native programs that belong to the platform.</summary>
internal static class Libexec
{
    /// <summary>The directory given, else HOMEOSTAT_LIBEXEC, else the nearest folder <c>libexec</c> at or above the program's own; null: there is none.</summary>
    public static string? Find(string? given)
    {
        if ((given ?? Environment.GetEnvironmentVariable("HOMEOSTAT_LIBEXEC")) is { Length: > 0 } named)
        {
            return named;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "libexec");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The first of the programs that is on the PATH of the host's administrator, or null.</summary>
    public static string? FindProgram(params string[] names)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        string[] places = [.. path, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];
        return names.SelectMany(name => places.Select(place => Path.Combine(place, name))).FirstOrDefault(File.Exists);
    }
}
