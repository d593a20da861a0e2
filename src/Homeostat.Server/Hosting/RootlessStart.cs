using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Server.Hosting;

/// <summary>Starts this process again where an ordinary user can run containers.</summary>
public static class RootlessStart
{
    /// <summary>Containers are wanted, and this user is not root.</summary>
    public static bool IsNeeded(PlatformOptions options) => options.Driver == DriverKind.Oci && RootlessLauncher.IsNeeded;

    /// <summary>Does not return where it works: the process is another one then, with the same id.</summary>
    /// <exception cref="PlatformException">An address can't be had, or the launcher is missing. What the kernel forbids is said by the launcher.</exception>
    public static void Enter(PlatformOptions options)
    {
        AddressCheck.Run(options);
        var admin = options.Admin is { } address && !InheritedSockets.Has(address) ? address : null;
        try
        {
            RootlessLauncher.Enter(options.Data, options.Listen.Where(endpoint => !InheritedSockets.Has(endpoint)), admin);
        }
        catch (IOException error)
        {
            throw new PlatformException(error.Message, "Make it with ./run publish, or run homeostat as root; --driver fake tries the platform without containers.", error);
        }
    }

    /// <summary>The same for looking at the host only.</summary>
    /// <returns>Only where it does not work; the checks then say why.</returns>
    public static async Task TryEnterToLookAsync(PlatformOptions options, CancellationToken cancel)
    {
        if (IsNeeded(options) && await RootlessLauncher.CheckAsync(cancel) is null)
        {
            RootlessLauncher.Enter(options.Data, [], null);
        }
    }
}
