using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Homeostat.Client.Wire;

namespace Homeostat.Client;

/// <summary>
/// Typed client of the management API. Safe for concurrent use. A tenant of null means: whichever has the service (names are unique on a platform).
/// Every method throws <see cref="ProblemException"/> when the platform refuses and <see cref="UnreachableException"/> when none answers.
/// </summary>
public sealed class HomeostatClient : IDisposable
{
    private readonly ServerAddress _address;
    private readonly HttpClient _http;

    public HomeostatClient(ServerAddress address)
    {
        _address = address;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (address.SocketPath is { } path)
        {
            handler.ConnectCallback = (_, cancel) => ConnectAsync(path, cancel);
        }
        _http = new HttpClient(handler) { BaseAddress = address.Url, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Task<VersionInfo> VersionAsync(CancellationToken cancel) => GetAsync("v1/version", WireJson.Default.VersionInfo, cancel);

    public Task<DoctorReport> DoctorAsync(CancellationToken cancel) => GetAsync("v1/doctor", WireJson.Default.DoctorReport, cancel);

    public Task<List<ServiceSummary>> ServicesAsync(string? tenant, CancellationToken cancel) =>
        GetAsync($"v1/tenants/{Escape(tenant)}/services", WireJson.Default.ListServiceSummary, cancel);

    public Task<ServiceDetail> ServiceAsync(string? tenant, string service, CancellationToken cancel) =>
        GetAsync(PathOf(tenant, service), WireJson.Default.ServiceDetail, cancel);

    /// <summary>Instances of one service, or of all.</summary>
    public Task<List<InstanceInfo>> InstancesAsync(string? tenant, string? service, CancellationToken cancel) =>
        GetAsync(service is null ? $"v1/tenants/{Escape(tenant)}/instances" : PathOf(tenant, service) + "/instances", WireJson.Default.ListInstanceInfo, cancel);

    public Task<Explanation> ExplainAsync(string? tenant, string service, CancellationToken cancel) =>
        GetAsync(PathOf(tenant, service) + "/explain", WireJson.Default.Explanation, cancel);

    public Task<ArrivalsInfo> ArrivalsAsync(string? tenant, string service, CancellationToken cancel) =>
        GetAsync(PathOf(tenant, service) + "/arrivals", WireJson.Default.ArrivalsInfo, cancel);

    /// <param name="text">The service file, YAML or JSON.</param>
    /// <param name="baseFolder">Absolute folder that relative paths in it start from, on the platform's host.</param>
    /// <param name="dryRun">Only check.</param>
    public Task<ApplyResult> ApplyAsync(string tenant, string service, string text, string? baseFolder, bool dryRun, CancellationToken cancel)
    {
        var query = baseFolder is null ? $"?dryRun={(dryRun ? "true" : "false")}" : $"?dryRun={(dryRun ? "true" : "false")}&base={Uri.EscapeDataString(baseFolder)}";
        var content = new StringContent(text, Encoding.UTF8, "application/yaml");
        return SendAsync(HttpMethod.Put, PathOf(tenant, service) + query, content, WireJson.Default.ApplyResult, cancel);
    }

    public async Task RemoveAsync(string? tenant, string service, CancellationToken cancel)
    {
        using var response = await SendAsync(HttpMethod.Delete, PathOf(tenant, service), null, null, cancel);
    }

    /// <param name="timeout">How long the platform may try; null: its default of 60 s.</param>
    public Task<ActionResult> WakeAsync(string? tenant, string service, TimeSpan? timeout, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, PathOf(tenant, service) + ":wake" + Query(timeout), null, WireJson.Default.ActionResult, cancel);

    /// <param name="to"><c>frozen</c>, <c>image</c> or <c>stopped</c>; null: image.</param>
    /// <param name="timeout">How long the platform may try; null: its default of 60 s.</param>
    public Task<ActionResult> SleepAsync(string? tenant, string service, string? to, TimeSpan? timeout, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, PathOf(tenant, service) + ":sleep" + Query(timeout), JsonContent.Create(new SleepRequest(to), WireJson.Default.SleepRequest), WireJson.Default.ActionResult, cancel);

    /// <param name="timeout">How long the platform may try; null: its default of 60 s.</param>
    /// <param name="keep">Only if there is none that is good.</param>
    public Task<CheckpointResult> CheckpointAsync(string? tenant, string service, TimeSpan? timeout, CancellationToken cancel, bool keep = false) =>
        SendAsync(HttpMethod.Post, PathOf(tenant, service) + ":checkpoint" + Query(timeout, keep ? "keep=true" : null), null, WireJson.Default.CheckpointResult, cancel);

    /// <summary>Events after <paramref name="lastEventId"/> (null: all that are kept); with <paramref name="follow"/> goes on until cancelled.</summary>
    public IAsyncEnumerable<EventInfo> EventsAsync(string? lastEventId, bool follow, CancellationToken cancel) =>
        StreamAsync($"v1/events?follow={(follow ? "true" : "false")}", lastEventId, WireJson.Default.EventInfo, cancel);

    /// <summary>Lines of a service's instances (or of one), oldest first; with <paramref name="follow"/> goes on until cancelled.</summary>
    public IAsyncEnumerable<LogInfo> LogsAsync(string? tenant, string service, string? instance, int tail, bool follow, CancellationToken cancel) =>
        StreamAsync(
            $"{PathOf(tenant, service)}/logs?follow={(follow ? "true" : "false")}&tail={tail}{(instance is null ? "" : "&instance=" + Uri.EscapeDataString(instance))}",
            null, WireJson.Default.LogInfo, cancel);

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<T> StreamAsync<T>(string path, string? lastEventId, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, lastEventId ?? "", cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await foreach (var item in SseParser.Create(body, (_, data) => JsonSerializer.Deserialize(data, type)).EnumerateAsync(cancel))
        {
            if (item.Data is { } value)
            {
                yield return value;
            }
        }
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, type, cancel);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var response = await SendAsync(method, path, content, null, cancel);
        return await response.Content.ReadFromJsonAsync(type, cancel) ?? throw new InvalidDataException($"{method} {path} was answered with nothing");
    }

    /// <param name="streamAfter">Not null: asks for an event stream, after this id.</param>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, string? streamAfter, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(streamAfter is null ? "application/json" : "text/event-stream"));
        if (streamAfter is { Length: > 0 })
        {
            request.Headers.Add("Last-Event-ID", streamAfter);
        }
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException or IOException || e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            throw new UnreachableException(_address, e);
        }
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw new ProblemException(await ReadProblemAsync(response, cancel));
        }
    }

    private static async Task<Problem> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            try
            {
                if (await response.Content.ReadFromJsonAsync(WireJson.Default.Problem, cancel) is { } problem)
                {
                    return problem;
                }
            }
            catch (JsonException)
            {
                // Not ours after all: described below like every foreign answer.
            }
        }
        return new Problem("about:blank", response.ReasonPhrase ?? "error", status, $"answered with {status} {response.ReasonPhrase}", "unexpected-answer", "See that the address is the admin address of a homeostat platform.");
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string PathOf(string? tenant, string service) => $"v1/tenants/{Escape(tenant)}/services/{Uri.EscapeDataString(service)}";

    private static string Escape(string? tenant) => tenant is null ? "-" : Uri.EscapeDataString(tenant);

    private static string Query(TimeSpan? timeout, string? more = null)
    {
        string?[] parts = [timeout is { } time ? $"timeout={(long)time.TotalMilliseconds}ms" : null, more];
        var query = string.Join('&', parts.OfType<string>());
        return query.Length == 0 ? "" : "?" + query;
    }
}
