using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Testing;

/// <summary>Builders of specs and revisions for tests.</summary>
public static class Specs
{
    public static ServiceSpec Service(string name = "blog", string? fake = null) => new()
    {
        Service = new ServiceName(name),
        Root = new RootSource.Host(),
        Command = ["node", "server.js"],
        Port = 8080,
        Routes = [new RouteSpec($"{name}.localhost")],
        Env = fake is null ? [] : [KeyValuePair.Create("FAKE", fake)],
    };

    /// <summary>What an instance has where a test does not look at limits.</summary>
    public static ResourceLimits Limits { get; } = ResourceLimits.BaseOf(new ResourceSpec());

    public static Revision Revision(ServiceSpec? spec = null, int number = 1)
    {
        spec ??= Service();
        return new Revision(new RevisionId(spec.Service, number), spec, $"digest-{number}", DateTimeOffset.UnixEpoch);
    }
}
