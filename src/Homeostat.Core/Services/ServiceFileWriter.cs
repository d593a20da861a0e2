using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Homeostat.Core.Services;

/// <summary>
/// The canonical form of a spec: a service file in JSON with the defaults written out, keys in a fixed order, paths absolute. The parser reads it
/// back to an equal spec, so the registry and the API need no second format. Equal specs have equal canonical forms and digests.
/// </summary>
public static class ServiceFileWriter
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(ServiceSpec spec)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            WriteProgram(json, spec);
            WriteRoutes(json, spec.Routes);
            WriteHealth(json, spec.Health);
            WriteScale(json, spec.Scale);
            WriteResources(json, spec.Resources);
            WriteIdle(json, spec.Idle);
            WriteCheckpoint(json, spec.Checkpoint);
            WritePredict(json, spec.Predict);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Hex SHA-256 of the canonical form.</summary>
    public static string Digest(ServiceSpec spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(spec))));

    private static void WriteProgram(Utf8JsonWriter json, ServiceSpec spec)
    {
        json.WriteString("service", spec.Service.Value);
        json.WriteString("tenant", spec.Tenant.Value);
        if (spec.Root is RootSource.Directory folder)
        {
            json.WriteString("rootfs", folder.Path);
        }
        else
        {
            json.WriteBoolean("host", true);
        }
        WriteTexts(json, "command", spec.Command);
        json.WriteString("workdir", spec.Workdir);
        json.WriteStartObject("env");
        foreach (var (name, value) in spec.Env.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }
        json.WriteEndObject();
        json.WriteStartArray("mounts");
        foreach (var mount in spec.Mounts)
        {
            json.WriteStartObject();
            json.WriteString("source", mount.Source);
            json.WriteString("target", mount.Target);
            json.WriteBoolean("readonly", mount.ReadOnly);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("port", spec.Port);
    }

    private static void WriteRoutes(Utf8JsonWriter json, IReadOnlyList<RouteSpec> routes)
    {
        json.WriteStartArray("routes");
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("host", route.Host);
            json.WriteString("path", route.PathPrefix);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteHealth(Utf8JsonWriter json, HealthSpec health)
    {
        json.WriteStartObject("health");
        WriteOptional(json, "path", health.Path);
        json.WriteString("timeout", Quantities.FormatDuration(health.StartTimeout));
        json.WriteEndObject();
    }

    private static void WriteScale(Utf8JsonWriter json, ScaleSpec scale)
    {
        json.WriteStartObject("scale");
        json.WriteNumber("min", scale.Min);
        json.WriteNumber("max", scale.Max);
        json.WriteStartObject("concurrency");
        json.WriteNumber("target", scale.ConcurrencyTarget);
        json.WriteNumber("limit", scale.ConcurrencyLimit);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, ResourceSpec resources)
    {
        json.WriteStartObject("resources");
        if (resources.CpuBase is { } cores)
        {
            json.WriteStartObject("cpu");
            json.WriteString("base", Quantities.FormatCpu(cores));
            WriteOptional(json, "burst", resources.CpuBurst is { } burst ? Quantities.FormatCpu(burst) : null);
            json.WriteEndObject();
        }
        json.WriteStartObject("memory");
        json.WriteString("base", Quantities.FormatSize(resources.MemoryBaseBytes));
        WriteOptional(json, "max", resources.MemoryMaxBytes is { } most ? Quantities.FormatSize(most) : null);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteIdle(Utf8JsonWriter json, IdleSpec idle)
    {
        json.WriteStartObject("idle");
        json.WriteString("freeze", Quantities.FormatDuration(idle.Freeze));
        json.WriteString("image", Quantities.FormatDuration(idle.Image));
        json.WriteString("stop", Quantities.FormatDuration(idle.Stop));
        json.WriteEndObject();
    }

    private static void WriteCheckpoint(Utf8JsonWriter json, CheckpointSpec checkpoint)
    {
        json.WriteStartObject("checkpoint");
        json.WriteString("mode", checkpoint.Mode == CheckpointMode.Off ? "off" : "auto");
        json.WriteString("clones", checkpoint.Clones switch { ClonePolicy.Yes => "yes", ClonePolicy.No => "no", _ => "auto" });
        WriteTexts(json, "warmup", checkpoint.Warmup);
        json.WriteNumber("spares", checkpoint.Spares);
        WriteOptional(json, "before_checkpoint", checkpoint.BeforeCheckpoint);
        WriteOptional(json, "after_restore", checkpoint.AfterRestore);
        json.WriteEndObject();
    }

    /// <summary>Left out where nothing is asked for, so that specs from before the key keep their digest.</summary>
    private static void WritePredict(Utf8JsonWriter json, PredictSpec predict)
    {
        if (predict == new PredictSpec())
        {
            return;
        }
        json.WriteStartObject("predict");
        json.WriteString("mode", predict.Mode.ToString().ToLowerInvariant());
        json.WriteString("model", predict.Model);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
