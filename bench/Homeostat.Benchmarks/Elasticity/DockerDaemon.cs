using System.Diagnostics;
using System.Globalization;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>A Docker daemon with everything of its own: socket, folders, control group. Without bridge and firewall rules, so that nothing of it outlasts the run.</summary>
internal sealed class DockerDaemon : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly string _folder;
    private readonly string _group;

    private DockerDaemon(Process process, string folder, string group)
    {
        (_process, _folder, _group) = (process, folder, group);
        Env = new Dictionary<string, string> { ["DOCKER_HOST"] = $"unix://{folder}/docker.sock" };
    }

    public IReadOnlyDictionary<string, string> Env { get; }

    /// <exception cref="InvalidOperationException">dockerd is not installed or did not serve within 30 s.</exception>
    public static DockerDaemon Start(string folder)
    {
        Directory.CreateDirectory(folder);
        var group = $"homeostat-bench-{Environment.ProcessId}";
        var start = new ProcessStartInfo("dockerd") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var arg in new[]
        {
            "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid", "-H", $"unix://{folder}/docker.sock",
            "--bridge", "none", "--iptables=false", "--ip6tables=false", "--cgroup-parent", "/" + group, "--exec-opt", "native.cgroupdriver=cgroupfs",
        })
        {
            start.ArgumentList.Add(arg);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("dockerd did not start");
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var daemon = new DockerDaemon(process, folder, group);
        daemon.WaitUntilServing();
        return daemon;
    }

    public string Docker(params string[] args) => Command.Run("docker", args, Env);

    /// <summary>CPU time of all its containers, those that have ended included.</summary>
    public TimeSpan Used()
    {
        var v1 = $"/sys/fs/cgroup/cpuacct/{_group}/cpuacct.usage";
        if (File.Exists(v1))
        {
            return TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(v1), CultureInfo.InvariantCulture) / 1000.0);
        }

        var v2 = $"/sys/fs/cgroup/{_group}/cpu.stat";
        return File.Exists(v2) ? TimeSpan.FromMicroseconds(long.Parse(File.ReadLines(v2).First().Split(' ')[1], CultureInfo.InvariantCulture)) : TimeSpan.Zero;
    }

    public void Dispose()
    {
        Try(() => Docker("swarm", "leave", "--force"));
        Try(() =>
        {
            var all = Docker("ps", "-aq").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (all.Length > 0)
            {
                Docker(["rm", "-f", .. all]);
            }
        });
        Command.Run("kill", [_process.Id.ToString(CultureInfo.InvariantCulture)]);
        _process.WaitForExit(Limit);
        _process.Dispose();
        // It leaves the host's network namespace mounted for containers that used it.
        foreach (var mount in File.ReadLines("/proc/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(_folder + "/", StringComparison.Ordinal)).Reverse().ToList())
        {
            Try(() => Command.Run("umount", ["-l", mount]));
        }

        // Empty now, in each hierarchy.
        foreach (var folder in Directory.EnumerateDirectories("/sys/fs/cgroup").Select(h => Path.Combine(h, _group)).Append($"/sys/fs/cgroup/{_group}").Where(Directory.Exists))
        {
            Try(() => Directory.Delete(folder));
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            Console.Error.WriteLine($"docker did not clean up: {e.Message}");
        }
    }

    private void WaitUntilServing()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                Docker("version");
                return;
            }
            catch (InvalidOperationException) when (TimeProvider.System.GetElapsedTime(began) < Limit && !_process.HasExited)
            {
                Thread.Sleep(100);
            }
        }
    }
}
