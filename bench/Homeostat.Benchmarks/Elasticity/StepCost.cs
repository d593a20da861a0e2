using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Time of one pure step of the regulator for a service under load.</summary>
internal static class StepCost
{
    private const int Steps = 20_000;

    /// <summary>Median of seven runs.</summary>
    /// <param name="instances">All of them busy beyond their targets, so that every part has something to look at.</param>
    /// <returns>Microseconds.</returns>
    public static double Measure(int instances)
    {
        var (input, policy) = (Input(instances), new WaitCostPolicy());
        var times = new Reporting.Sample();
        for (var run = 0; run < 8; run++)
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < Steps; i++)
            {
                ServiceRegulator.Step(input, policy);
            }

            if (run > 0)
            {
                times.Add(TimeProvider.System.GetElapsedTime(began).TotalMicroseconds / Steps);
            }
        }

        return times.P50;
    }

    private static RegulatorInput Input(int instances)
    {
        var now = TimeProvider.System.GetUtcNow();
        var spec = new ServiceSpec
        {
            Service = new ServiceName("step"), Root = new RootSource.Host(), Command = ["step"], Port = 8080, Routes = [new RouteSpec("step.localhost")],
            Scale = new ScaleSpec(0, instances, 8, 16), Resources = new ResourceSpec(0.5, 64 << 20, 2),
        };
        var revision = new Revision(new RevisionId(spec.Service, 1), spec, "", now);
        return new RegulatorInput
        {
            Now = now,
            Current = revision,
            State = new RevisionView(true, false, false, null),
            Host = new HostAbilities(true, true, true),
            Demand = new Demand(3, now, "GET /"),
            Instances = [.. Enumerable.Range(0, instances).Select(i => new InstanceView(new InstanceId($"step-{i:000}"), revision.Id, Tier.Running, 12, now, now)
            {
                Limits = new ResourceLimits(2, 64 << 20), StrainedAt = now,
            })],
            Load = new ServiceLoad { ServiceTime = TimeSpan.FromMilliseconds(5), Starts = new StartTimes(TimeSpan.FromMilliseconds(0.3), TimeSpan.FromMilliseconds(8), TimeSpan.FromMilliseconds(90)), Peak = 12 * instances },
            Memory = RegulatorMemory.Initial(1),
        };
    }
}
