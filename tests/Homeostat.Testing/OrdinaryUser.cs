using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Homeostat.Testing;

/// <summary>
/// A user without root, for a test that runs as root: an id that nobody has, a home directory, and programs copied to where it may read them. The host is not changed:
/// that user ids are lent to it stands in a mount namespace of its own processes. Nothing of it may live when the test ends.
/// </summary>
public sealed class OrdinaryUser : IDisposable
{
    private const string Name = "homeostat-test";
    private const int FirstId = 64_100, FirstLent = 700_000, LentCount = 65_536;

    private static int _made;

    private readonly int _lent;
    private readonly string? _accounts;

    /// <param name="lendIds">Whether it has a range in /etc/subuid and /etc/subgid. Needs newuidmap (package uidmap).</param>
    public OrdinaryUser(bool lendIds = false)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "becoming another user needs root");
        var number = Interlocked.Increment(ref _made);
        (Id, _lent) = (FirstId + number, FirstLent + (number * LentCount));
        Home = Directory.CreateTempSubdirectory("hs-user-").FullName;
        if (lendIds)
        {
            _accounts = Path.Combine(Home, "etc");
            Directory.CreateDirectory(_accounts);
            File.WriteAllText(Path.Combine(_accounts, "passwd"), File.ReadAllText("/etc/passwd") + $"{Name}:x:{Id}:{Id}::{Home}:/bin/sh\n");
            File.WriteAllText(Path.Combine(_accounts, "lent"), $"{Name}:{_lent}:{LentCount}\n");
        }

        Run("chown", "-R", $"{Id}:{Id}", Home);
    }

    public int Id { get; }

    public string Home { get; }

    /// <summary>Copies a directory into its home.</summary>
    /// <returns>The copy's path.</returns>
    public string Give(string directory, string name)
    {
        var target = Path.Combine(Home, name);
        Run("cp", "-r", directory, target);
        Run("chmod", "-R", "a+rX", target);
        return target;
    }

    /// <summary>The program's own process: nothing stands between, so its id and its signals are those of the answer.</summary>
    public Process Start(params string[] command) => StartAsRoot([.. AsUser, .. command]);

    /// <summary>The beginning of a command line that makes root this user.</summary>
    public IReadOnlyList<string> AsUser =>
    [
        .. _accounts is null ? (string[])[] : ["unshare", "--mount", "--propagation", "slave", "sh", "-c", Lend, "sh", _accounts],
        "setpriv", $"--reuid={Id}", $"--regid={Id}", "--clear-groups", "env", "-i", $"HOME={Home}", $"USER={Name}", $"TMPDIR={Home}", "PATH=/usr/local/bin:/usr/bin:/bin",
        .. DotnetRoot is { } root ? (string[])[$"DOTNET_ROOT={root}"] : [], $"HOMEOSTAT_LIBEXEC={Path.Combine(Home, "libexec")}",
    ];

    /// <summary>Where the runtime of this test program lies; null: beside it (self-contained).</summary>
    private static string? DotnetRoot =>
        typeof(object).Assembly.Location.Split("/shared/Microsoft.NETCore.App/") is [var root, _] ? root : null;

    /// <summary>The program that runs assemblies; it need not be on the user's PATH.</summary>
    public static string Dotnet => DotnetRoot is { } root ? Path.Combine(root, "dotnet") : "dotnet";

    public Process StartAsRoot(params string[] command) => Process.Start(Info(command))!;

    /// <summary>Runs a command to its end.</summary>
    public async Task<(int Code, string Out, string Err)> RunAsync(params string[] command)
    {
        using var process = Start(command);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().Within(string.Join(' ', command));
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Its living processes, also those with a user id that was lent to it.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. from directory in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out _)
           let status = Status(directory)
           where status.Count > 0 && !status["State"].StartsWith('Z') && IsOurs(int.Parse(status["Uid"].Split('\t')[1], CultureInfo.InvariantCulture))
           select $"{Path.GetFileName(directory)} {status["Name"]} {status["State"]}",
    ];

    /// <summary>Fails where one of its processes lives on.</summary>
    public void AssertNothingLeft()
    {
        SpinWait.SpinUntil(() => Processes().Count == 0, Waiting.Deadline);
        Assert.Empty(Processes());
    }

    public void Dispose()
    {
        foreach (var process in Processes())
        {
            Run("kill", "-KILL", process.Split(' ')[0]);
        }

        SpinWait.SpinUntil(() => Processes().Count == 0, Waiting.Deadline);
        Directory.Delete(Home, recursive: true);
    }

    private const string Lend =
        "mount --bind \"$1/passwd\" /etc/passwd && mount --bind \"$1/lent\" /etc/subuid && mount --bind \"$1/lent\" /etc/subgid && shift && exec \"$@\"";

    private bool IsOurs(int user) => user == Id || (_accounts is not null && user >= _lent && user < _lent + LentCount);

    private static Dictionary<string, string> Status(string directory)
    {
        try
        {
            return File.ReadAllLines(directory + "/status").Select(line => line.Split(":\t", 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
        }
        catch (IOException)
        {
            // It ended between the listing and now.
            return [];
        }
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(Info(command))!;
        process.WaitForExit();
    }

    private static ProcessStartInfo Info(string[] command)
    {
        // The user may not be allowed into the directory the tests were started in.
        var info = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in command[1..])
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }
}
