namespace Homeostat.Benchmarks.Elasticity;

/// <summary>How many replicas a polling autoscaler asks for. Source: Kubernetes' horizontal pod autoscaler, on CPU use.</summary>
/// <remarks>desired = ceil(replicas x use / target), left as it is within a tenth of the target. Without its five minutes of stabilization before it scales in: no load here is that long.</remarks>
internal static class PollingFormula
{
    /// <summary>Share of the limit that replicas are meant to use.</summary>
    public const double Target = 0.7;

    private const double Tolerance = 0.1;

    /// <param name="use">CPU time used per CPU time limited, over the last interval, 0..1.</param>
    public static int Desired(int replicas, double use, int most)
    {
        var ratio = use / Target;
        return Math.Abs(ratio - 1) <= Tolerance ? replicas : Math.Clamp((int)Math.Ceiling(replicas * ratio - 1e-9), 1, most);
    }
}
