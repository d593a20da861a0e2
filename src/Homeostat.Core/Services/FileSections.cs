using static Homeostat.Core.Services.ServiceFileErrorCodes;

namespace Homeostat.Core.Services;

/// <summary>The optional sections of a service file. A default bends to what is declared; only declared values can contradict each other.</summary>
internal static class FileSections
{
    private const long MemoryMin = 4L << 20;
    private const long MemoryMax = 16L << 40;
    private const double CpuMin = 0.01;
    private const double CpuMax = 1024;
    private const int WarmupMax = 32;

    private static readonly TimeSpan IdleMax = TimeSpan.FromDays(365);

    public static HealthSpec ReadHealth(FileSection top)
    {
        if (top.Section("health", FileKeys.Health, "health: { path: /healthz, timeout: 30s }") is not { } health)
        {
            return new HealthSpec();
        }
        var timeout = health.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), "Write how long a start may take, e.g. 30s.");
        return new HealthSpec(ReadRequestPath(health, "path"), timeout);
    }

    public static ScaleSpec ReadScale(FileSection top)
    {
        var defaults = new ScaleSpec();
        if (top.Section("scale", FileKeys.Scale, "scale: { min: 0, max: 10 }") is not { } scale)
        {
            return defaults;
        }
        var max = scale.Integer("max", 1, 1000, "Write how many instances there may be at most.");
        var min = scale.Integer("min", 0, 1000, "Write how many instances always run; 0 lets the service sleep.");
        if (min > max)
        {
            scale.Add(scale.Node("min")!, Conflict, "min", $"is {min}, scale.max is {max}; min must not be above max", "Lower min or raise max.");
        }
        var concurrency = scale.Section("concurrency", FileKeys.Concurrency, "concurrency: { target: 8, limit: 16 }");
        var target = concurrency?.Integer("target", 1, 10_000, "Write how many requests at once an instance does best.");
        var limit = concurrency?.Integer("limit", 1, 10_000, "Write how many requests at once an instance gets at most.");
        if (target > limit)
        {
            concurrency!.Add(concurrency.Node("target")!, Conflict, "target", $"is {target}, the limit is {limit}; the target must not be above the limit", "Lower target or raise limit.");
        }
        var limitUsed = limit ?? Math.Max(defaults.ConcurrencyLimit, target ?? 0);
        return new ScaleSpec(
            min ?? defaults.Min,
            max ?? Math.Max(defaults.Max, min ?? 0),
            target ?? Math.Min(defaults.ConcurrencyTarget, limitUsed),
            limitUsed);
    }

    public static ResourceSpec ReadResources(FileSection top)
    {
        var defaults = new ResourceSpec();
        var resources = top.Section("resources", FileKeys.Resources, "resources: { cpu: { base: 0.5, burst: 2 }, memory: { base: 256Mi, max: 512Mi } }");
        var cpu = resources?.Section("cpu", FileKeys.Cpu, "cpu: { base: 0.5, burst: 2 }");
        var memory = resources?.Section("memory", FileKeys.Memory, "memory: { base: 256Mi, max: 512Mi }");
        var (cpuBase, burst) = (ReadCpu(cpu, "base", "0.5"), ReadCpu(cpu, "burst", "2"));
        if (burst is not null && !cpu!.Has("base"))
        {
            cpu.Add(cpu.Node("burst")!, Conflict, "burst", "has no base beside it; without base there is no CPU limit that could be raised", "Add base: 0.5, or remove burst.");
        }
        else if (cpuBase > burst)
        {
            cpu!.Add(cpu.Node("burst")!, Conflict, "burst", $"is {Quantities.FormatCpu(burst.Value)}, base is {Quantities.FormatCpu(cpuBase.Value)}; burst must not be below base", "Raise burst or lower base.");
        }
        var (memoryBase, most) = (ReadMemory(memory, "base", "256Mi"), ReadMemory(memory, "max", "512Mi"));
        if (memoryBase > most)
        {
            memory!.Add(memory.Node("max")!, Conflict, "max", $"is {Quantities.FormatSize(most.Value)}, base is {Quantities.FormatSize(memoryBase.Value)}; max must not be below base", "Raise max or lower base.");
        }
        return new ResourceSpec(cpuBase, memoryBase ?? Math.Min(defaults.MemoryBaseBytes, most ?? long.MaxValue), burst, most);
    }

    public static PredictSpec ReadPredict(FileSection top)
    {
        var defaults = new PredictSpec();
        if (top.Section("predict", FileKeys.Predict, "predict: { mode: raise, model: auto }") is not { } predict)
        {
            return defaults;
        }
        var mode = predict.Choice("mode", ("off", PredictMode.Off), ("shadow", PredictMode.Shadow), ("raise", PredictMode.Raise));
        var model = predict.Choice("model", [.. PredictSpec.Models.Select((name, index) => (name, index))]);
        return new PredictSpec(mode ?? defaults.Mode, model is { } index ? PredictSpec.Models[index] : defaults.Model);
    }

    public static IdleSpec ReadIdle(FileSection top)
    {
        var defaults = new IdleSpec();
        if (top.Section("idle", FileKeys.Idle, "idle: { freeze: 10s, image: 5m, stop: 30m }") is not { } idle)
        {
            return defaults;
        }
        var freeze = ReadIdleTime(idle, "freeze");
        var image = ReadIdleTime(idle, "image");
        var stop = ReadIdleTime(idle, "stop");
        CheckOrder(idle, ("freeze", freeze), ("image", image));
        CheckOrder(idle, ("image", image), ("stop", stop));
        CheckOrder(idle, ("freeze", freeze), ("stop", stop));
        var imageUsed = image ?? Max(Min(defaults.Image, stop), freeze);
        return new IdleSpec(freeze ?? Min(Min(defaults.Freeze, image), stop), imageUsed, stop ?? Max(defaults.Stop, imageUsed));
    }

    public static CheckpointSpec ReadCheckpoint(FileSection top)
    {
        if (top.Section("checkpoint", FileKeys.Checkpoint, "checkpoint: { mode: auto, clones: auto }") is not { } checkpoint)
        {
            return new CheckpointSpec();
        }
        var warmup = new List<string>();
        var items = checkpoint.Items("warmup", WarmupMax, "a list of paths", "Write warmup: [ \"/\" ].");
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is FileScalar { IsNull: false } scalar && CheckRequestPath(checkpoint, $"warmup[{i}]", scalar) is { } path)
            {
                warmup.Add(path);
            }
            else if (items[i] is not FileScalar { IsNull: false })
            {
                checkpoint.AddWrong($"warmup[{i}]", items[i], "a path that begins with /", "Write warmup: [ \"/\" ].");
            }
        }
        return new CheckpointSpec(
            checkpoint.Choice("mode", ("auto", CheckpointMode.Auto), ("off", CheckpointMode.Off)) ?? CheckpointMode.Auto,
            checkpoint.Choice("clones", ("auto", ClonePolicy.Auto), ("yes", ClonePolicy.Yes), ("no", ClonePolicy.No)) ?? ClonePolicy.Auto,
            warmup,
            checkpoint.Integer("spares", 0, 8, "Write how many clones wait parked; each costs the memory of an instance.") ?? 0,
            ReadRequestPath(checkpoint, "before_checkpoint"),
            ReadRequestPath(checkpoint, "after_restore"));
    }

    private static double? ReadCpu(FileSection? cpu, string key, string example)
    {
        const string rule = "cores 0.01..1024, like 0.25 or 250m";
        if (cpu?.Text(key, rule, $"Write {key}: {example}.") is not { } scalar)
        {
            return null;
        }
        if (Quantities.TryParseCpu(scalar.Value, out var cores) && cores is >= CpuMin and <= CpuMax)
        {
            return cores;
        }
        cpu.Add(scalar, Invalid, key, $"is {scalar.Shown}; it must be {rule}", $"Write {key}: 0.5, or 500m.");
        return null;
    }

    private static long? ReadMemory(FileSection? memory, string key, string example)
    {
        const string rule = "a size 4Mi..16Ti";
        if (memory?.Text(key, rule, $"Write {key}: {example}.") is not { } scalar)
        {
            return null;
        }
        if (Quantities.TryParseSize(scalar.Value, out var bytes) && bytes is >= MemoryMin and <= MemoryMax)
        {
            return bytes;
        }
        memory.Add(scalar, Invalid, key, $"is {scalar.Shown}; it must be {rule}", "Write it with Ki, Mi, Gi or Ti: 256Mi.");
        return null;
    }

    private static TimeSpan? ReadIdleTime(FileSection idle, string key) => idle.Duration(key, TimeSpan.Zero, IdleMax, "Write how long without work, e.g. 10s.");

    private static void CheckOrder(FileSection idle, (string Key, TimeSpan? At) first, (string Key, TimeSpan? At) later)
    {
        if (first.At is { } early && later.At is { } late && early > late)
        {
            var what = $"is {Quantities.FormatDuration(late)}, idle.{first.Key} is {Quantities.FormatDuration(early)}; {first.Key} comes first";
            idle.Add(idle.Node(later.Key)!, Conflict, later.Key, what, $"Raise {later.Key} or lower {first.Key}.");
        }
    }

    /// <summary>A path the platform requests itself: it goes into a request line as it is.</summary>
    private static string? ReadRequestPath(FileSection section, string key) =>
        section.Text(key, "a path that begins with /", $"Write {key}: /path.") is { } scalar ? CheckRequestPath(section, key, scalar) : null;

    private static string? CheckRequestPath(FileSection section, string key, FileScalar scalar)
    {
        if (scalar.Value.StartsWith('/') && scalar.Value.Length <= 2000 && scalar.Value.All(c => c is > ' ' and < '\x7f' and not '#'))
        {
            return scalar.Value;
        }
        section.Add(scalar, Invalid, key, $"is {scalar.Shown}; it must begin with / and have no spaces, # or letters beyond ASCII", "Write it like /healthz, percent-encoded where needed.");
        return null;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan? b) => b < a ? b.Value : a;

    private static TimeSpan Max(TimeSpan a, TimeSpan? b) => b > a ? b.Value : a;
}
