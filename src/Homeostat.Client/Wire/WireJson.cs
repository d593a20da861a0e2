using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Homeostat.Client.Wire;

/// <summary>The JSON of the API: camel case, source-generated (a command line must start fast).</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(List<ServiceSummary>))]
[JsonSerializable(typeof(List<InstanceInfo>))]
[JsonSerializable(typeof(List<EventInfo>))]
[JsonSerializable(typeof(ServiceDetail))]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(List<ApplyResult>))]
[JsonSerializable(typeof(ActionResult))]
[JsonSerializable(typeof(CheckpointResult))]
[JsonSerializable(typeof(SleepRequest))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(LogInfo))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(List<ProblemError>))]
[JsonSerializable(typeof(ValidationResult))]
[JsonSerializable(typeof(ForecastReport))]
[JsonSerializable(typeof(ArrivalsInfo))]
[JsonSerializable(typeof(ReplayReport))]
[JsonSerializable(typeof(ReplayCosts))]
public sealed partial class WireJson : JsonSerializerContext
{
    private static readonly JavaScriptEncoder Plain = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>One line, with characters as they are: nobody pastes it into HTML.</summary>
    public static WireJson Compact { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = Plain });

    /// <summary>The same, indented: for people.</summary>
    public static WireJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = Plain, WriteIndented = true });
}
