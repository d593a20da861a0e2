namespace Homeostat.Core.Services;

/// <summary>Which keys a section of a service file has, which are agreed but not supported yet, and what people write instead.</summary>
/// <param name="Known">In the order of the reference.</param>
/// <param name="Later">Keys of the format that this version does not support yet.</param>
internal sealed record FileKeys(IReadOnlyList<string> Known, IReadOnlyList<string> Later)
{
    public static readonly FileKeys Top = new(
        ["service", "tenant", "rootfs", "host", "command", "workdir", "env", "mounts", "port", "routes", "health", "scale", "resources", "idle", "checkpoint", "predict"],
        ["image", "recycle", "messages", "secrets", "depends_on"]);

    public static readonly FileKeys Mount = new(["source", "target", "readonly"], []);
    public static readonly FileKeys Route = new(["host", "path"], ["tls"]);
    public static readonly FileKeys Health = new(["path", "timeout"], ["interval"]);
    public static readonly FileKeys Scale = new(["min", "max", "concurrency"], ["window", "panic", "predict"]);
    public static readonly FileKeys Concurrency = new(["target", "limit"], []);
    public static readonly FileKeys Resources = new(["cpu", "memory"], []);
    public static readonly FileKeys Cpu = new(["base", "burst"], ["idle"]);
    public static readonly FileKeys Memory = new(["base", "max"], []);
    public static readonly FileKeys Idle = new(["freeze", "image", "stop"], ["remove", "signals"]);
    public static readonly FileKeys Checkpoint = new(["mode", "clones", "warmup", "spares", "before_checkpoint", "after_restore"], []);
    public static readonly FileKeys Predict = new(["mode", "model"], []);

    /// <summary>Words of other tools for the same thing; nearer to what was meant than any edit distance.</summary>
    private static readonly SortedDictionary<string, string> Synonyms = new(StringComparer.Ordinal)
    {
        ["args"] = "command",
        ["autoscale"] = "scale",
        ["cmd"] = "command",
        ["cwd"] = "workdir",
        ["entrypoint"] = "command",
        ["environment"] = "env",
        ["healthcheck"] = "health",
        ["hostname"] = "host",
        ["hosts"] = "routes",
        ["forecast"] = "predict",
        ["limit"] = "max",
        ["limits"] = "resources",
        ["name"] = "service",
        ["prediction"] = "predict",
        ["prefix"] = "path",
        ["read_only"] = "readonly",
        ["request"] = "base",
        ["root"] = "rootfs",
        ["ro"] = "readonly",
        ["volumes"] = "mounts",
        ["working_dir"] = "workdir",
    };

    /// <summary>The known key that was most likely meant, or null when none is near.</summary>
    public string? Nearest(string written)
    {
        var lower = written.ToLowerInvariant();
        if (Synonyms.TryGetValue(lower, out var meant) && Known.Contains(meant))
        {
            return meant;
        }
        // A third of the word may differ: "prot" and "comand" are found, "foo" does not become "port".
        var best = Known.Select(key => (key, distance: EditDistance.Between(lower, key))).MinBy(x => x.distance);
        return best.distance <= Math.Max(1, Math.Max(best.key.Length, Math.Min(lower.Length, 40)) / 3) ? best.key : null;
    }
}
