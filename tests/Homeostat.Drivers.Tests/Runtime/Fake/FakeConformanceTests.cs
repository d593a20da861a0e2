using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Testing;
using Homeostat.Testing.Conformance;

namespace Homeostat.Drivers.Tests.Runtime.Fake;

public sealed class FakeConformanceTests : RuntimeDriverConformance
{
    private readonly FakeHost _host = new();

    protected override Task<IRuntimeDriver> OpenAsync() =>
        Task.FromResult<IRuntimeDriver>(new FakeRuntimeDriver(_host, FakeOptions.Instant, TimeProvider.System));

    protected override ValueTask CloseAsync() => _host.DisposeAsync();

    protected override ServiceSpec Program(ConformanceProgram program, string name) => Specs.Service(name, program switch
    {
        ConformanceProgram.NotFound => "not-found",
        ConformanceProgram.ExitsAtOnce => "exit=3",
        ConformanceProgram.NeverListens => "never-listens",
        ConformanceProgram.Unhealthy => "unhealthy",
        _ => null,
    });
}
