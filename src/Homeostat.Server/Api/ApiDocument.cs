using Homeostat.Server.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Homeostat.Server.Api;

/// <summary>The OpenAPI 3.1 document, made from the endpoints themselves.</summary>
internal static class ApiDocument
{
    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Homeostat management API",
                Version = BuildVersion.Text,
                Description = "Services that run only while there is work for them. Errors are RFC 9457 problems with a stable type; see docs/reference/errors.md.",
            };
            return Task.CompletedTask;
        });
    }

    /// <summary>The body of an apply. Said here and not by the endpoint's metadata, which would refuse bodies without a type, as curl -T sends them.</summary>
    public static Task TakesServiceFile(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var text = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "The service file, at most 256 Ki characters; see docs/reference/service-file.md.",
            Content = new Dictionary<string, OpenApiMediaType> { ["application/yaml"] = text, ["application/json"] = text },
        };
        return Task.CompletedTask;
    }
}
