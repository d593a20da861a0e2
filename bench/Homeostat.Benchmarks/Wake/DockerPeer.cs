using System.Diagnostics;
using System.Net;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Wake;

/// <summary>A Docker daemon of our own, on its own socket and folders, and the stopped containers that <c>docker start</c> brings back.</summary>
internal sealed class DockerPeer : IDisposable
{
    private const string Image = "homeostat-bench-root:1";
    private const string Network = "bench";

    // A network of fixed addresses: asking Docker for the address would be part of the time otherwise.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);
    private const string Subnet = "10.213.77";
    private readonly string _folder;
    private readonly Process _daemon;
    private readonly Dictionary<string, string> _env;
    private readonly Dictionary<ServiceName, string> _addresses = [];

    private DockerPeer(string folder, Process daemon)
    {
        (_folder, _daemon) = (folder, daemon);
        _env = new Dictionary<string, string> { ["DOCKER_HOST"] = $"unix://{folder}/docker.sock" };
    }

    /// <summary>Starts the daemon and waits until it answers, 30 s at most.</summary>
    public static DockerPeer Start(string folder)
    {
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo("dockerd") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var arg in new[]
        {
            "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid", "-H", $"unix://{folder}/docker.sock",
            // Nothing of it shall outlast the run: no bridge but the one that is removed at the end, no rules in the host's firewall.
            "--bridge", "none", "--iptables=false", "--ip6tables=false",
        })
        {
            start.ArgumentList.Add(arg);
        }

        var daemon = Process.Start(start) ?? throw new InvalidOperationException("dockerd did not start");
        daemon.ErrorDataReceived += (_, _) => { };
        daemon.OutputDataReceived += (_, _) => { };
        daemon.BeginErrorReadLine();
        daemon.BeginOutputReadLine();
        var peer = new DockerPeer(folder, daemon);
        peer.WaitUntilServing();
        Command.Run("docker", ["network", "create", "--subnet", Subnet + ".0/24", Network], peer._env);
        return peer;
    }

    /// <summary>Makes the container of a spec, sees that it answers, and leaves it stopped. Throws when it does not.</summary>
    public void Create(ServiceSpec spec)
    {
        var root = Path.Combine(_folder, "root-" + spec.Service);
        HostRoot.Make(root, spec.Mounts.Select(m => m.Target));
        var image = $"{Image}-{spec.Service}";
        Command.Run("sh", ["-c", $"tar -C '{root}' -c . | docker import - {image}"], _env);
        var address = _addresses[spec.Service] = $"{Subnet}.{10 + _addresses.Count}";
        var args = new List<string> { "create", "--name", spec.Service.Value, "--network", Network, "--ip", address, "-w", spec.Workdir, "-e", $"PORT={spec.Port}" };
        foreach (var mount in HostRoot.Mounts)
        {
            args.AddRange(["-v", $"{mount}:{mount}:ro"]);
        }

        foreach (var mount in spec.Mounts)
        {
            args.AddRange(["-v", $"{mount.Source}:{mount.Target}{(mount.ReadOnly ? ":ro" : "")}"]);
        }

        foreach (var (key, value) in spec.Env)
        {
            args.AddRange(["-e", $"{key}={value}"]);
        }

        Command.Run("docker", [.. args, image, .. spec.Command], _env);
        if (StartToFirstByte(spec, "/") is null)
        {
            throw new InvalidOperationException($"{spec.Service} never answered under docker");
        }
    }

    /// <summary><c>docker start</c> to the first answer, then stops the container again.</summary>
    /// <returns>Null when it never answered.</returns>
    public TimeSpan? StartToFirstByte(ServiceSpec spec, string path)
    {
        var server = new IPEndPoint(IPAddress.Parse(_addresses[spec.Service]), spec.Port);
        var began = TimeProvider.System.GetTimestamp();
        Command.Run("docker", ["start", spec.Service.Value], _env);
        var answered = HttpProbe.TryUntilAnswered(server, path, AnswerLimit);
        var took = TimeProvider.System.GetElapsedTime(began);
        Command.Run("docker", ["kill", spec.Service.Value], _env);
        return answered ? took : null;
    }

    public void Dispose()
    {
        try
        {
            var all = Command.Run("docker", ["ps", "-aq"], _env).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (all.Length > 0)
            {
                Command.Run("docker", ["rm", "-f", .. all], _env);
            }

            Command.Run("docker", ["network", "rm", Network], _env);
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"docker did not clean up: {e.Message}");
        }

        Command.Run("kill", [_daemon.Id.ToString()]);
        _daemon.WaitForExit(TimeSpan.FromSeconds(20));
        _daemon.Dispose();
    }

    private void WaitUntilServing()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                Command.Run("docker", ["version"], _env);
                return;
            }
            catch (InvalidOperationException) when (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30) && !_daemon.HasExited)
            {
                Thread.Sleep(100);
            }
        }
    }
}
