namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Instances that run and cores they may use, over time: steps that hold until the next.</summary>
internal sealed class CapacityTrack
{
    private readonly List<(TimeSpan At, double Instances, double Cores)> _points = [];

    /// <summary>The changes, in the order of time.</summary>
    public IReadOnlyList<(TimeSpan At, double Instances, double Cores)> Points => _points;

    /// <summary>What is seen at a time. What is as before adds nothing.</summary>
    public void Add(TimeSpan at, double instances, double cores)
    {
        if (_points.Count == 0 || _points[^1].Instances != instances || _points[^1].Cores != cores)
        {
            _points.Add((at, instances, cores));
        }
    }

    /// <summary>Instance-seconds and core-seconds from the first point to <paramref name="end"/>.</summary>
    public (double Instances, double Cores) Sum(TimeSpan end)
    {
        var (instances, cores) = (0.0, 0.0);
        for (var i = 0; i < _points.Count; i++)
        {
            var until = i + 1 < _points.Count ? _points[i + 1].At : end;
            var seconds = Math.Max(0, ((until < end ? until : end) - _points[i].At).TotalSeconds);
            instances += seconds * _points[i].Instances;
            cores += seconds * _points[i].Cores;
        }

        return (instances, cores);
    }
}
