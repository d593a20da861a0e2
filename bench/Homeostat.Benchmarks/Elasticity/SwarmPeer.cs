using System.Globalization;
using System.Net;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>
/// Docker Swarm of one node, with a daemon of our own: the same program from an image without anything else, each replica with its CPU limit, in the host's network at a port of its slot.
/// No network of its own, so starts and requests are as quick as they can be there.
/// </summary>
internal sealed class SwarmPeer : IDisposable
{
    private const string Service = "work";
    private const int FirstPort = 24300;
    private readonly DockerDaemon _daemon;

    private SwarmPeer(DockerDaemon daemon) => _daemon = daemon;

    /// <param name="folder">Empty, for the daemon.</param>
    /// <param name="cores">CPU limit of a replica.</param>
    public static SwarmPeer Start(string folder, string samples, double cores)
    {
        var daemon = DockerDaemon.Start(folder);
        try
        {
            daemon.Docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:0");
            Command.Run("sh", ["-c", $"tar -C '{Path.Combine(samples, "work", "out")}' -c server | docker import - work:1"], daemon.Env);
            daemon.Docker(
                "service", "create", "-d", "--name", Service, "--network", "host", "--replicas", "1", "--limit-cpu", cores.ToString(CultureInfo.InvariantCulture),
                "--stop-grace-period", "2s", "-e", $"PORT={FirstPort / 10}{{{{.Task.Slot}}}}", "work:1", "/server");
            return new SwarmPeer(daemon);
        }
        catch
        {
            daemon.Dispose();
            throw;
        }
    }

    /// <summary>CPU time of all replicas, those that have ended included.</summary>
    public TimeSpan Used() => _daemon.Used();

    public void Scale(int replicas) => _daemon.Docker("service", "scale", "-d", $"{Service}={replicas}");

    /// <summary>Where a replica of this slot (1..9) listens if it is there.</summary>
    public static IPEndPoint At(int slot) => new(IPAddress.Loopback, FirstPort + slot);

    public void Dispose() => _daemon.Dispose();
}
