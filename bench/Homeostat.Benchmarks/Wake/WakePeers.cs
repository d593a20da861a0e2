namespace Homeostat.Benchmarks.Wake;

/// <summary>The peers of one run; an app that a peer can't run is noted and left out.</summary>
internal sealed class WakePeers : IDisposable
{
    private readonly DockerPeer? _docker;
    private readonly RuncPeer? _runc;
    private readonly HashSet<WakeApp> _withDocker = [];
    private readonly HashSet<WakeApp> _withRunc = [];

    private WakePeers(DockerPeer? docker, RuncPeer? runc) => (_docker, _runc) = (docker, runc);

    public static WakePeers Start(WakeOptions options, IReadOnlyList<WakeApp> apps, string work)
    {
        var docker = options.Docker ? DockerPeer.Start(Path.Combine(work, "docker")) : null;
        var runc = options.Runc ? new RuncPeer(Path.Combine(work, "runc"), options.Criu) : null;
        var peers = new WakePeers(docker, runc);
        foreach (var app in apps)
        {
            Console.Error.WriteLine($"preparing peers of {app.Name}");
            Try(app, "docker", docker is not null, () => docker!.Create(app.Spec), peers._withDocker);
            Try(app, "runc", runc is not null, () => runc!.Checkpoint(app.Spec, "/"), peers._withRunc);
        }

        return peers;
    }

    public void Round(WakeApp app)
    {
        if (_withDocker.Contains(app) && _docker!.StartToFirstByte(app.Spec, "/") is { } docker)
        {
            app.Docker.Add(docker);
        }

        if (_withRunc.Contains(app) && _runc!.RestoreToFirstByte(app.Spec, "/") is { } runc)
        {
            app.Runc.Add(runc);
        }
    }

    public void Dispose()
    {
        _docker?.Dispose();
        _runc?.Dispose();
    }

    private static void Try(WakeApp app, string peer, bool wanted, Action prepare, HashSet<WakeApp> able)
    {
        if (!wanted)
        {
            return;
        }

        try
        {
            prepare();
            able.Add(app);
        }
        catch (InvalidOperationException e)
        {
            app.Notes.Add($"{peer}: {e.Message}");
        }
    }
}
