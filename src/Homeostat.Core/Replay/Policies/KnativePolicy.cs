namespace Homeostat.Core.Replay.Policies;

/// <summary>
/// Knative Serving as a baseline: <see cref="KnativeFormula"/> every 2 s on concurrency averaged over 60 and 6 s; a request that finds nothing wakes it at once (the activator
/// tells the autoscaler); the last instance goes 30 s after zero was wanted. A revision begins with one instance.
/// </summary>
/// <remarks>
/// Kinder than the real one: concurrency is seen exactly and without delay, and starting an instance involves no scheduler, no image and no probe. At zero no tick is needed:
/// nothing can change there but by a request.
/// </remarks>
/// <param name="startCost">From the command to ready.</param>
internal sealed class KnativePolicy(TimeSpan startCost) : IReplayPolicy
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ConcurrencyWindow _window = new((int)KnativeFormula.StableWindow.TotalSeconds);
    private ReplayWorld _world = null!;
    private ReplayFleet _fleet = null!;
    private KnativeMemory _memory;
    private DateTimeOffset? _zeroSince;
    private double _seen;
    private int _seconds;
    private bool _ticking;

    public string Name => "kpa";

    public void Begin(ReplayWorld world)
    {
        (_world, _fleet) = (world, new ReplayFleet(world, startCost));
        _fleet.StartBefore(Math.Clamp(KnativeFormula.InitialScale, world.Setup.Spec.Scale.Min, world.Setup.Spec.Scale.Max));
        BeginTicking();
    }

    public void FirstWaits()
    {
        if (_fleet.Count() == 0)
        {
            _fleet.ScaleTo(Math.Max(1, _world.Setup.Spec.Scale.Min));
        }

        BeginTicking();
    }

    public void Drained(ReplayInstance instance) => _fleet.Stop(instance);

    public void Expired()
    {
    }

    private void BeginTicking()
    {
        if (_ticking)
        {
            return;
        }

        // Nothing was measured while there was nothing: the windows begin anew.
        _window.Clear();
        (_ticking, _seen, _seconds, _zeroSince) = (true, _world.ConcurrencyTicks, 0, null);
        _world.After(Second, PassSecond);
    }

    private void PassSecond()
    {
        _window.Add((_world.ConcurrencyTicks - _seen) / TimeSpan.TicksPerSecond);
        _seen = _world.ConcurrencyTicks;
        if (++_seconds % (int)KnativeFormula.Tick.TotalSeconds == 0)
        {
            Decide();
        }

        if (_fleet.Count() == 0 && _world.Gate.Count == 0)
        {
            _ticking = false;
            return;
        }

        _world.After(Second, PassSecond);
    }

    private void Decide()
    {
        var (stable, panic) = (_window.Mean(60), _window.Mean((int)KnativeFormula.PanicWindow.TotalSeconds));
        (var wanted, _memory) = KnativeFormula.Decide(new KnativeInput(_world.Now, _world.Setup.Spec.Scale, _fleet.Ready, stable, panic), _memory);

        // A window that is not full yet says nothing about a whole window without work.
        var quiet = wanted == 0 && _seconds >= KnativeFormula.StableWindow.TotalSeconds;
        _zeroSince = quiet ? _zeroSince ?? _world.Now : null;
        if (wanted == 0 && !(quiet && _world.Now - _zeroSince >= KnativeFormula.ZeroGrace))
        {
            wanted = 1;
        }

        if (wanted != _fleet.Count())
        {
            _fleet.ScaleTo(wanted);
        }
    }
}
