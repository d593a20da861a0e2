using System.Text.Json;
using System.Text.Json.Serialization;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>What a later platform on the data directory must know of the network: instances that still run keep their addresses.</summary>
/// <param name="ForwardingWas">The host's ip_forward before the first platform set it; null: it was 1.</param>
internal sealed record NetworkMemory(string Range, string? ForwardingWas)
{
    public static NetworkMemory? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), NetworkMemoryJson.Default.NetworkMemory) : null;

    public void Write(string path) =>
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this, NetworkMemoryJson.Default.NetworkMemory));
}

[JsonSerializable(typeof(NetworkMemory))]
internal sealed partial class NetworkMemoryJson : JsonSerializerContext;
