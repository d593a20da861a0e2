using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Services;

/// <summary>docs/reference/service-file.md and the parser say the same.</summary>
public sealed class ServiceFileReferenceTests
{
    private static readonly (string Path, FileKeys Keys)[] Sections =
    [
        ("", FileKeys.Top), ("mounts[].", FileKeys.Mount), ("routes[].", FileKeys.Route), ("health.", FileKeys.Health), ("scale.", FileKeys.Scale),
        ("scale.concurrency.", FileKeys.Concurrency), ("resources.", FileKeys.Resources), ("resources.cpu.", FileKeys.Cpu), ("resources.memory.", FileKeys.Memory),
        ("idle.", FileKeys.Idle), ("checkpoint.", FileKeys.Checkpoint), ("predict.", FileKeys.Predict),
    ];

    private static readonly string Reference = File.ReadAllText(Path.Combine(ServiceFiles.GoldenFolder(), "../../../../docs/reference/service-file.md"));

    [Fact]
    public void EveryKey_IsInTheReference()
    {
        foreach (var (path, keys) in Sections)
        {
            Assert.All(keys.Known, key => Assert.True(Reference.Contains($"| `{path}{key}`", StringComparison.Ordinal) || Reference.Contains($"| `{path}{key}.", StringComparison.Ordinal), path + key));
            Assert.All(keys.Later, key => Assert.Contains($"`{path}{key}`", Reference[Reference.IndexOf("## Not supported yet", StringComparison.Ordinal)..], StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void EveryExample_IsValid(int index)
    {
        var example = Reference.Split("```yaml\n")[index + 1].Split("```")[0];

        ServiceFiles.Spec(example);
    }

    [Fact]
    public void TheFullExample_ShowsTheDefaults()
    {
        var spec = ServiceFiles.Spec(Reference.Split("```yaml\n")[2].Split("```")[0]);

        Assert.Equal((new ScaleSpec(), new IdleSpec(), TimeSpan.FromSeconds(30)), (spec.Scale, spec.Idle, spec.Health.StartTimeout));
        Assert.Equal(new ResourceSpec().MemoryBaseBytes, spec.Resources.MemoryBaseBytes);
        Assert.Equal(new PredictSpec(), spec.Predict);
    }
}
