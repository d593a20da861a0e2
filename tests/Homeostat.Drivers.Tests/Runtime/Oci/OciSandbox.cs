using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A data directory of its own for a test of the OCI driver. Skips the test, with the reason, where containers can't be run.</summary>
internal sealed class OciSandbox : IAsyncDisposable
{
    public string Data { get; } = Directory.CreateTempSubdirectory("hs-test-").FullName;

    public OciDriverOptions Options => new() { DataDirectory = Data };

    public async Task<OciRuntimeDriver> OpenAsync(Func<OciDriverOptions, OciDriverOptions>? change = null)
    {
        var options = change is null ? Options : change(Options);
        var failed = (await HostProbe.CheckAsync(options, default)).Where(check => check.Outcome == CheckOutcome.Failed).ToList();
        Assert.SkipWhen(failed.Count > 0, string.Join("; ", failed.Select(check => check.What)));
        return await OciRuntimeDriver.OpenAsync(options, TimeProvider.System, default);
    }

    /// <summary>A prepared revision of the test server.</summary>
    public static async Task<Revision> PreparedAsync(OciRuntimeDriver driver, string name)
    {
        var revision = Specs.Revision(OciPrograms.Python(name));
        Assert.Null(await driver.PrepareAsync(revision, default));
        return revision;
    }

    /// <summary>The test server, running as the instance <c>one</c> of generation 1.</summary>
    public static async Task<InstanceId> StartedAsync(OciRuntimeDriver driver, string name)
    {
        var revision = await PreparedAsync(driver, name);
        var outcome = await driver.StartAsync(new("one"), revision.Id, StartWay.Cold, Specs.Limits, new(1), default);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        return new("one");
    }

    /// <summary>Nothing may be left behind by whatever the test did.</summary>
    public async ValueTask DisposeAsync()
    {
        var leaks = await LeakCheck.FindAsync(Options, default);
        Directory.Delete(Data, recursive: true);
        Assert.Empty(leaks);
    }
}
