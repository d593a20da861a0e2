using System.Globalization;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>The environment a program starts with: what Docker sets, PORT, and what the service declares, which wins.</summary>
internal static class ProgramEnvironment
{
    public static IReadOnlyList<string> Of(ServiceSpec spec, string hostname)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = "/root",
            ["HOSTNAME"] = hostname,
            ["PORT"] = spec.Port.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in spec.Env)
        {
            values[name] = value;
        }

        return [.. values.Select(pair => $"{pair.Key}={pair.Value}")];
    }
}
