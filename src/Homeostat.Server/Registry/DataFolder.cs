using System.Globalization;
using Homeostat.Server.Hosting;

namespace Homeostat.Server.Registry;

/// <summary>
/// The platform's data directory, held by one platform at a time. The hold is a lock of the kernel on <c>lock</c>, so it ends with the process however that
/// ends; <c>platform.pid</c> only tells people who holds it.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string RegistryFile => System.IO.Path.Combine(Path, "registry.db");

    public string AdminSocket => System.IO.Path.Combine(Path, AdminSocketName);

    public const string AdminSocketName = "admin.sock";

    /// <summary>Makes the directory if need be (0750: images of tenants' memory lie below it) and takes hold of it.</summary>
    /// <exception cref="PlatformException">Another platform holds it, or it cannot be written.</exception>
    public static DataFolder Take(string path)
    {
        try
        {
            const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
            Directory.CreateDirectory(path, mode);
            var held = Lock(path);
            File.WriteAllText(PidFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DataFolder(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"the data directory {path} cannot be used: {e.Message.TrimEnd('.')}", "Name another one with --data DIR, or give this user the right to write there.", e);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (Directory.Exists(path) && e is not (DirectoryNotFoundException or FileNotFoundException) && Holder(path) is { } pid)
        {
            throw new PlatformException(
                $"the data directory {path} is in use by the platform with process id {pid}",
                $"Stop that one (kill {pid}), or give this one its own --data DIR.", e) { Conflict = true };
        }
    }

    /// <summary>Who wrote the pid file; null when nobody readable did.</summary>
    private static int? Holder(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile(path)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            // No pid file: not a platform, or one that is just starting. The lock's own error is shown instead.
            return null;
        }
    }

    private static string PidFile(string path) => System.IO.Path.Combine(path, "platform.pid");

    public void Dispose()
    {
        File.Delete(PidFile(Path));
        _lock.Dispose();
    }
}
