using System.Globalization;
using System.Net;
using Homeostat.Core.Services;

namespace Homeostat.Server.Hosting;

/// <summary>Turns arguments into options, or into everything that is wrong with them, one line each: value, rule, what to do.</summary>
public static class PlatformOptionsParser
{
    public static (PlatformOptions? Options, IReadOnlyList<string> Errors) Parse(PlatformArguments arguments)
    {
        var errors = new List<string>();
        var defaults = new PlatformOptions();
        var listen = arguments.Listen is { Count: > 0 } addresses ? addresses.SelectMany(a => ParseListen(a, errors)).ToList() : defaults.Listen;
        var options = defaults with
        {
            Data = Path.GetFullPath(arguments.Data is { Length: > 0 } data ? data : defaults.Data),
            Listen = listen,
            Admin = arguments.Admin is null ? defaults.Admin : ParseAdmin(arguments.Admin, errors),
            Driver = ParseDriver(arguments.Driver, errors),
            Addresses = ParseRange(arguments.Addresses, errors),
            PoolCells = arguments.PoolCells ?? defaults.PoolCells,
            SleepingCells = arguments.SleepingCells ?? defaults.SleepingCells,
            ImageMemoryBytes = ParseSize(arguments.ImageMemory, defaults.ImageMemoryBytes, errors),
            CpuCapacity = CapacityOptionsParser.Cores(arguments.CpuCapacity, errors),
            MemoryCapacityBytes = CapacityOptionsParser.Memory(arguments.MemoryCapacity, errors),
            Quotas = CapacityOptionsParser.Quotas(arguments.Tenants, errors),
            StopTimeout = ParseTime(arguments.StopTimeout, defaults.StopTimeout, errors),
            Verbose = arguments.Verbose,
        };
        if (arguments.Data is "")
        {
            errors.Add("--data is empty; it must be a directory. Write --data DIR.");
        }
        if (options.PoolCells is < 0 or > 64)
        {
            errors.Add($"--pool-cells is {options.PoolCells}; it must be 0..64. Each costs about 1.4 MB.");
        }
        if (options.SleepingCells is < 0 or > 4096)
        {
            errors.Add($"--sleeping-cells is {options.SleepingCells}; it must be 0..4096. Each costs about 2 MB.");
        }
        if (options.Admin is { Port: not 0 } admin && options.Listen.Any(l => l.Port == admin.Port && (l.Address.Equals(admin.Address) || IsAny(l.Address))))
        {
            errors.Add($"--listen and --admin both want port {admin.Port}; each needs its own. Change one of them.");
        }
        return errors.Count == 0 ? (options, []) : (null, errors);
    }

    private static IReadOnlyList<IPEndPoint> ParseListen(string text, List<string> errors)
    {
        if (TryEndpoint(text, out var endpoint))
        {
            return [endpoint];
        }
        errors.Add($"--listen is {text}; it must be ADDRESS:PORT. Write 127.0.0.1:8080, 0.0.0.0:80, [::]:80 or :80.");
        return [];
    }

    private static IPEndPoint? ParseAdmin(string text, List<string> errors)
    {
        if (text == "none")
        {
            return null;
        }
        if (!TryEndpoint(text, out var endpoint))
        {
            errors.Add($"--admin is {text}; it must be ADDRESS:PORT or none. Write 127.0.0.1:8081.");
        }
        else if (!IPAddress.IsLoopback(endpoint.Address))
        {
            errors.Add($"--admin is {text}; it must be a loopback address, for whoever reaches it controls this host. Write 127.0.0.1:{endpoint.Port} and go there through ssh -L.");
        }
        return endpoint;
    }

    private static DriverKind ParseDriver(string? text, List<string> errors)
    {
        if (text is not (null or "oci" or "fake"))
        {
            errors.Add($"--driver is {text}; it must be oci or fake. Write oci for real containers.");
        }
        return text == "fake" ? DriverKind.Fake : DriverKind.Oci;
    }

    private static string? ParseRange(string? text, List<string> errors)
    {
        if (text is not null && !(IPNetwork.TryParse(text, out var range) && range.BaseAddress.GetAddressBytes().Length == 4 && range.PrefixLength is >= 8 and <= 29))
        {
            errors.Add($"--addresses is {text}; it must be an IPv4 range /8../29. Write it like 10.88.16.0/20.");
        }
        return text;
    }

    private static long ParseSize(string? text, long otherwise, List<string> errors)
    {
        if (text is null)
        {
            return otherwise;
        }
        if (Quantities.TryParseSize(text, out var bytes))
        {
            return bytes;
        }
        errors.Add($"--image-memory is {text}; it must be a size. Write it like 512Mi or 2Gi.");
        return otherwise;
    }

    private static TimeSpan ParseTime(string? text, TimeSpan otherwise, List<string> errors)
    {
        if (text is null)
        {
            return otherwise;
        }
        if (Quantities.TryParseDuration(text, out var time) && time >= TimeSpan.FromSeconds(1) && time <= TimeSpan.FromHours(1))
        {
            return time;
        }
        errors.Add($"--stop-timeout is {text}; it must be a duration 1s..1h. Write it like 30s.");
        return otherwise;
    }

    /// <summary>An address with its port; <c>:80</c> and <c>*:80</c> are all addresses, <c>localhost:80</c> is 127.0.0.1.</summary>
    private static bool TryEndpoint(string text, out IPEndPoint endpoint)
    {
        endpoint = PlatformOptions.DefaultListen;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
        {
            return false;
        }
        var host = text[..colon];
        var address = host switch
        {
            "" or "*" => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            ['[', .. var six, ']'] => IPAddress.TryParse(six, out var parsed) ? parsed : null,
            _ => host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var parsed) ? parsed : null,
        };
        endpoint = new IPEndPoint(address ?? IPAddress.None, port);
        return address is not null;
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
