using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>
/// A real cell on the host's own files (read-only) and network, without the driver around it. Its program listens on a free port of 127.0.0.1.
/// </summary>
internal sealed class TestCell : IAsyncDisposable
{
    private static readonly string[] HostDirectories = ["usr", "etc"];
    private static int _count;

    private TestCell(TestCells home, string id)
    {
        Home = home;
        Id = id;
        Directory = Path.Combine(home.Root, "c", id);
        Logs = Path.Combine(home.Root, "logs", id);
    }

    public TestCells Home { get; }

    public string Id { get; }

    public string Directory { get; }

    public string Logs { get; }

    public KeeperClient Keeper { get; private set; } = null!;

    public static async Task<TestCell> CreateAsync(TestCells home, int user = 0, string? criu = "", long memoryBytes = 0, string? init = null)
    {
        var cell = new TestCell(home, $"t{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        System.IO.Directory.CreateDirectory(Path.Combine(cell.Directory, "root"));
        cell.WriteBundle(user, memoryBytes, init ?? Path.Combine(home.Libexec, "init"));
        KeeperProcess.Spawn(cell.Settings(criu == "" ? home.Criu : criu));
        cell.Keeper = await KeeperClient.ConnectAsync(cell.Directory, default);
        return cell;
    }

    public KeeperSettings Settings(string? criu) => new()
    {
        Id = Id,
        Directory = Directory,
        Bundle = Directory,
        Runtime = Home.Runtime,
        RuntimeRoot = Path.Combine(Home.Root, "oci"),
        Criu = criu,
        RunDirectory = Path.Combine(Home.Root, "run"),
        ImageRoots = [Home.Images],
        Keeper = Path.Combine(Home.Libexec, "keeper"),
        LogBytesMax = 64 << 10,
        LogFilesMax = 2,
    };

    public Task<KeeperAnswer> StartAsync(params string[] command) => Keeper.StartAsync(Program(command), default);

    public ProgramStart Program(string[] command, params string[] environment) =>
        new(command, ["PATH=/usr/bin:/bin:/usr/sbin", "HOME=/tmp", .. environment], "/", Logs);

    public string ReadLog()
    {
        var path = Path.Combine(Logs, "log");
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    public async Task<string> WaitForLogAsync(string text)
    {
        await Waiting.UntilAsync(() => ReadLog().Contains(text, StringComparison.Ordinal), () => $"'{text}' in the log, which has: {ReadLog()}");
        return ReadLog();
    }

    public async ValueTask DisposeAsync()
    {
        if (Keeper is not null)
        {
            await Keeper.QuitAsync(default);
            await Keeper.DisposeAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static JsonObject Mount(string target, string type, string source, params string[] options) => new()
    {
        ["destination"] = target,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(o => JsonValue.Create(o))]),
    };

    private void WriteBundle(int user, long memoryBytes, string init)
    {
        var mounts = new JsonArray(
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=65536k"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "nodev", "mode=1777"),
            Mount("/tmp", "tmpfs", "tmp", "nosuid", "nodev", "mode=1777"),
            Mount("/dev/.homeostat-init", "bind", init, "bind", "ro", "nosuid", "nodev"),
            Mount("/srv", "bind", Home.Programs, "bind", "ro", "nosuid", "nodev"));
        if (File.Exists(Path.Combine(Home.Programs, "preload.cjs")))
        {
            mounts.Add(Mount(NodePreload.PathInCell, "bind", Path.Combine(Home.Programs, "preload.cjs"), "bind", "ro", "nosuid", "nodev"));
        }

        foreach (var name in HostDirectories)
        {
            mounts.Add(Mount("/" + name, "bind", "/" + name, "rbind", "ro", "nosuid", "nodev"));
        }

        foreach (var link in (string[])["bin", "sbin", "lib", "lib64"])
        {
            File.CreateSymbolicLink(Path.Combine(Directory, "root", link), "usr/" + link);
        }

        var none = new JsonArray();
        var config = new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["process"] = new JsonObject
            {
                ["terminal"] = false,
                ["user"] = new JsonObject { ["uid"] = user, ["gid"] = user },
                ["args"] = new JsonArray("/dev/.homeostat-init"),
                ["cwd"] = "/",
                ["noNewPrivileges"] = true,
                ["capabilities"] = new JsonObject { ["bounding"] = none, ["effective"] = none.DeepClone(), ["permitted"] = none.DeepClone() },
            },
            ["root"] = new JsonObject { ["path"] = "root", ["readonly"] = false },
            ["hostname"] = Id,
            ["mounts"] = mounts,
            ["linux"] = new JsonObject
            {
                ["namespaces"] = new JsonArray([.. ((string[])["pid", "ipc", "uts", "mount"]).Select(t => new JsonObject { ["type"] = t })]),
                ["cgroupsPath"] = "/homeostat-tests/" + Id,
                ["resources"] = new JsonObject { ["pids"] = new JsonObject { ["limit"] = 256 } },
            },
        };
        if (memoryBytes > 0)
        {
            config["linux"]!["resources"]!["memory"] = new JsonObject { ["limit"] = memoryBytes };
        }

        File.WriteAllText(Path.Combine(Directory, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }
}

/// <summary>Small waits with a deadline, for things that have no event.</summary>
internal static class Waiting
{
    /// <summary>Only a failure takes that long; a busy machine may come near a third of it.</summary>
    private static readonly TimeSpan Limit = 3 * Homeostat.Testing.Waiting.Deadline;

    public static async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Limit)
        {
            if (condition())
            {
                return;
            }

            await timer.WaitForNextTickAsync();
        }

        Assert.Fail($"waited {Limit} for {what()}");
    }

    /// <summary>The body of the answer to GET <paramref name="path"/>, as soon as the port answers.</summary>
    public static async Task<string> GetAsync(int port, string path)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
                await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
                using var reader = new StreamReader(new NetworkStream(socket));
                var answer = await reader.ReadToEndAsync();
                return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < Limit)
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
