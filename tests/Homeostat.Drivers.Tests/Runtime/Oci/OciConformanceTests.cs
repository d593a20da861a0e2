using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Testing.Conformance;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

public sealed class OciConformanceTests : RuntimeDriverConformance
{
    private readonly OciSandbox _sandbox = new();

    protected override async Task<IRuntimeDriver> OpenAsync() => await _sandbox.OpenAsync();

    protected override ValueTask CloseAsync() => _sandbox.DisposeAsync();

    protected override ServiceSpec Program(ConformanceProgram program, string name) => OciPrograms.Of(program, name);
}
