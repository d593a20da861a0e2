using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Drivers.Runtime.Oci;

namespace Homeostat.Server.Hosting;

/// <summary>Opens the runtime driver that was chosen.</summary>
internal static class DriverOpener
{
    /// <exception cref="PlatformException">It cannot work on this host.</exception>
    public static async Task<IRuntimeDriver> OpenAsync(PlatformOptions options, FakeHost fake, TimeProvider time, CancellationToken cancel)
    {
        if (options.Driver == DriverKind.Fake)
        {
            return new FakeRuntimeDriver(fake, new FakeOptions(), time);
        }
        try
        {
            return await OciRuntimeDriver.OpenAsync(OciOptions(options), time, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new PlatformException(e.Message.TrimEnd('.'), "See homeostat doctor for each remedy; --driver fake tries the platform without containers.", e);
        }
    }

    public static OciDriverOptions OciOptions(PlatformOptions options) => new()
    {
        DataDirectory = options.Data,
        Addresses = options.Addresses,
        PoolCells = options.PoolCells,
        SleepingCells = options.SleepingCells,
        ImageMemoryBytes = options.ImageMemoryBytes,
    };
}
