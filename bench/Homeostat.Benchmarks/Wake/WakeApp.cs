using Homeostat.Benchmarks.Reporting;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Wake;

/// <summary>One sample and what was measured of it, in milliseconds from request to last byte.</summary>
internal sealed class WakeApp(ServiceSpec spec, string text, string folder)
{
    public ServiceSpec Spec { get; } = spec;

    /// <summary>The service file as it lies in the sample's folder.</summary>
    public string Text { get; } = text;

    public string Folder { get; } = folder;

    public string Name => Spec.Service.Value;

    /// <summary>Bytes of the sleep image, from the last time it slept.</summary>
    public long ImageBytes { get; set; }

    /// <summary>Straight to the instance, without the gateway.</summary>
    public Sample Direct { get; } = new();

    public Sample Running { get; } = new();

    public Sample Frozen { get; } = new();

    public Sample Image { get; } = new();

    /// <summary>From nothing: a clone of the template where that is allowed, a cold start where not (see <see cref="StoppedWay"/>).</summary>
    public Sample Stopped { get; } = new();

    public string StoppedWay { get; set; } = "-";

    /// <summary>Where the time of a wake from the image went, in milliseconds: the driver's phases, and <c>gate</c> and <c>app</c> as the gateway saw them.</summary>
    public Dictionary<string, Sample> Phases { get; } = new(StringComparer.Ordinal);

    public Sample Docker { get; } = new();

    public Sample Runc { get; } = new();

    /// <summary>Why a figure is missing.</summary>
    public List<string> Notes { get; } = [];

    /// <exception cref="InvalidDataException">The sample's service file is not valid.</exception>
    public static WakeApp Load(string samples, string name)
    {
        var folder = Path.Combine(samples, name);
        var text = File.ReadAllText(Path.Combine(folder, "service.yaml"));
        var result = ServiceFileParser.Parse(text, folder);
        return result.Spec is { } spec
            ? new WakeApp(spec, text, folder)
            : throw new InvalidDataException($"samples/{name}/service.yaml: {result.Errors[0].Message}");
    }
}
