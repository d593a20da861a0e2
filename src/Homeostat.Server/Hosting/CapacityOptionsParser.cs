using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Services;

namespace Homeostat.Server.Hosting;

/// <summary>What the host's capacity is said to be, and the quotas of tenants: <c>--cpu-capacity</c>, <c>--memory-capacity</c>, <c>--tenant</c>.</summary>
internal static class CapacityOptionsParser
{
    private const string Example = "--tenant acme:cpu=2,memory=2Gi,instances=20";
    private const int TenantsMax = 1000;

    public static double? Cores(string? text, List<string> errors)
    {
        if (text is null)
        {
            return null;
        }

        if (Quantities.TryParseCpu(text, out var cores) && cores is >= 0.01 and <= 1024)
        {
            return cores;
        }

        errors.Add($"--cpu-capacity is {text}; it must be cores 0.01..1024. Write it like 4 or 1500m.");
        return null;
    }

    public static long? Memory(string? text, List<string> errors)
    {
        if (text is null)
        {
            return null;
        }

        if (Quantities.TryParseSize(text, out var bytes) && bytes >= 16L << 20)
        {
            return bytes;
        }

        errors.Add($"--memory-capacity is {text}; it must be a size from 16Mi on. Write it like 8Gi.");
        return null;
    }

    public static IReadOnlyList<TenantQuota> Quotas(IReadOnlyList<string>? texts, List<string> errors)
    {
        var quotas = new List<TenantQuota>();
        foreach (var text in texts ?? [])
        {
            if (Quota(text, errors) is not { } quota)
            {
                continue;
            }

            if (quotas.Exists(q => q.Tenant == quota.Tenant))
            {
                errors.Add($"--tenant {quota.Tenant} is given twice. Keep one of them.");
            }

            quotas.Add(quota);
        }

        if (quotas.Count > TenantsMax)
        {
            errors.Add($"--tenant is given {quotas.Count} times; at most {TenantsMax} are allowed. Remove some.");
        }

        return quotas;
    }

    private static TenantQuota? Quota(string text, List<string> errors)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            errors.Add($"--tenant is {text}; it must be NAME:KEY=VALUE,... Write it like {Example}.");
            return null;
        }

        var name = text[..colon];
        if (!DnsLabel.IsValid(name))
        {
            errors.Add($"--tenant is {text}; its name must be 1..63 characters a-z, 0-9 and -, not at its ends. Write it like {Example}.");
            return null;
        }

        var (quota, before) = (new TenantQuota(new TenantName(name), null, null, null), errors.Count);
        foreach (var part in text[(colon + 1)..].Split(','))
        {
            quota = With(quota, part, text, errors);
        }

        return errors.Count == before ? quota : null;
    }

    private static TenantQuota With(TenantQuota quota, string part, string text, List<string> errors)
    {
        var (key, value) = part.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (part.Trim(), "");
        switch (key)
        {
            case "cpu" when quota.CpuCores is null && Quantities.TryParseCpu(value, out var cores) && cores is >= 0.01 and <= 1024:
                return quota with { CpuCores = cores };
            case "memory" when quota.MemoryBytes is null && Quantities.TryParseSize(value, out var bytes) && bytes >= 4L << 20:
                return quota with { MemoryBytes = bytes };
            case "instances" when quota.Instances is null && int.TryParse(value, out var count) && count is >= 1 and <= 100_000:
                return quota with { Instances = count };
            case "cpu" or "memory" or "instances" when value.Length > 0 && text.Split(key + "=").Length > 2:
                errors.Add($"--tenant is {text}; {key} is given twice. Keep one of them.");
                return quota;
            case "cpu" or "memory" or "instances":
                var rule = key switch { "cpu" => "cores 0.01..1024", "memory" => "a size from 4Mi on", _ => "a whole number 1..100000" };
                errors.Add($"--tenant is {text}; {key} is {(value.Length == 0 ? "empty" : value)}, it must be {rule}. Write it like {Example}.");
                return quota;
            default:
                errors.Add($"--tenant is {text}; {(key.Length == 0 ? "nothing" : key)} is no quota. Known are cpu, memory and instances: {Example}.");
                return quota;
        }
    }
}
