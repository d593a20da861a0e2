using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Output;

/// <summary>The API's objects as they are.</summary>
internal static class JsonOutput
{
    public static void Write<T>(Terminal terminal, T value) =>
        terminal.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)WireJson.Readable.GetTypeInfo(typeof(T))!));

    /// <summary>One line, for streams.</summary>
    public static void WriteLine<T>(Terminal terminal, T value) =>
        terminal.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)WireJson.Compact.GetTypeInfo(typeof(T))!));
}
